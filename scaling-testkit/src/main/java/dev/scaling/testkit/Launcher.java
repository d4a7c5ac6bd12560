package dev.scaling.testkit;

import java.io.IOException;
import java.util.List;

/** Makes servers of our own. */
interface Launcher {

  /**
   * Prepares a server without starting it.
   *
   * @param port the port of the loopback interface to listen on
   * @param arguments options after those that every server gets
   */
  Launched prepare(int port, List<String> arguments);

  /** Returns what every server is started with: loopback alone, nothing kept on disk. */
  static List<String> arguments(int port) {
    return List.of(
        "--port",
        Integer.toString(port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--appendonly",
        "no");
  }

  /** A server of our own. Called by one thread at a time. */
  interface Launched {

    /**
     * Starts the server, for the first time or after it was killed, and returns once it takes
     * connections. Its data is gone, its identity in a cluster is not.
     */
    void start() throws IOException;

    /** Stops the server's threads where they are; the kernel goes on accepting connections. */
    void pause() throws IOException;

    /** Lets a paused server go on. */
    void resume() throws IOException;

    /** Ends the server without letting it say good-bye. Does nothing if it has ended. */
    void kill();

    /** Kills the server and forgets all it kept. It can be started again. */
    void remove();
  }
}
