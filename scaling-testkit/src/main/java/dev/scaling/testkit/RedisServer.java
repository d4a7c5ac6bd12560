package dev.scaling.testkit;

import dev.scaling.core.internal.Checks;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;

/**
 * A real Redis server that a test can pause, kill and start again.
 *
 * <p>It listens on the loopback interface, on a port that it keeps across restarts, and keeps
 * nothing on disk. Where the servers are somebody else's (see {@link RedisServers}), the methods
 * that make a fault abort the test instead, so that it is reported as skipped, with the reason.
 *
 * <p>Safe for use by many threads.
 */
public final class RedisServer implements AutoCloseable {

  private static final Duration REPLY_TIMEOUT = Duration.ofSeconds(5);
  private static final int START_ATTEMPTS = 3;

  private final URI uri;
  private final @Nullable Lifecycle lifecycle; // null if the server is somebody else's

  private RedisServer(URI uri, @Nullable Lifecycle lifecycle) {
    this.uri = uri;
    this.lifecycle = lifecycle;
  }

  /** Starts a server of our own on a free port. */
  static RedisServer start(Launcher launcher, List<String> arguments) {
    IOException failure = null;
    for (int i = 0; i < START_ATTEMPTS; i++) { // somebody may take the port before the server does
      int port = Ports.take();
      Launcher.Launched launched = launcher.prepare(port, arguments);
      try {
        launched.start();
        return new RedisServer(
            URI.create("redis://127.0.0.1:" + port), new Lifecycle(launched, port));
      } catch (IOException e) {
        failure = e;
        launched.remove();
        Ports.release(port);
      }
    }
    throw new UncheckedIOException(
        "cannot start a Redis server", Checks.notNull(failure, "failure"));
  }

  /** Returns a server that exists, at an address such as {@code redis://127.0.0.1:6379}. */
  static RedisServer external(String address) {
    URI uri = URI.create(address);
    Checks.argument(
        "redis".equals(uri.getScheme()) && uri.getHost() != null && uri.getPort() > 0,
        "an address must be redis://[[user]:password@]host:port: %s",
        uri.getUserInfo() == null ? address : "(it holds a password)");
    return new RedisServer(uri, null);
  }

  /** Returns the port, which stays the same across restarts. */
  public int port() {
    return uri.getPort();
  }

  /** Returns the address in the form that clients take, such as {@code redis://127.0.0.1:11023}. */
  public String address() {
    return uri.toString();
  }

  /**
   * Stops the server where it is, as a long pause of its host would: connections open and stay
   * open, and nothing answers. Does nothing if it is paused already.
   *
   * @throws IllegalStateException if the server was killed or closed
   */
  public void pause() {
    own().pause();
  }

  /**
   * Lets a paused server go on: it now runs what was sent to it meanwhile. Does nothing if it is
   * not paused.
   */
  public void resume() {
    own().resume();
  }

  /**
   * Ends the server at once, as a crash would; its data is lost and connections to it are refused.
   * Does nothing if it was killed already.
   */
  public void kill() {
    own().kill();
  }

  /**
   * Kills the server if it is running, and starts it again, empty, on the same port. Returns once
   * it takes connections. A node of a cluster keeps its identity.
   */
  public void restart() {
    own().restart();
  }

  /**
   * Sends a command over a connection of its own and waits up to 5 seconds for the reply.
   *
   * @return a {@link String} for a simple or bulk string, a {@link Long}, a {@link List} of these,
   *     or {@code null} for nil
   * @throws IllegalStateException if the reply is an error, which is the message
   * @throws UncheckedIOException if there is no reply in time, or no server
   */
  public @Nullable Object command(String... command) {
    try (var connection = connect(REPLY_TIMEOUT)) {
      return connection.call(command);
    } catch (IOException e) {
      throw new UncheckedIOException("no reply from " + this, e);
    }
  }

  /**
   * Returns how often each command ran since the server started, by its name in lower case.
   * Commands that scripts call count too. See {@link CommandCounter} to count between two points.
   */
  public Map<String, Long> commandCounts() {
    var counts = new TreeMap<String, Long>();
    for (String line : info("commandstats").lines().toList()) {
      if (line.startsWith("cmdstat_")) {
        int colon = line.indexOf(':');
        int calls = line.indexOf("calls=") + "calls=".length();
        counts.put(
            line.substring("cmdstat_".length(), colon),
            Long.valueOf(line.substring(calls, line.indexOf(',', calls))));
      }
    }
    return counts;
  }

  /** Ends the server for good, unless it is somebody else's. Does nothing the second time. */
  @Override
  public void close() {
    if (lifecycle != null) {
      lifecycle.close();
    }
  }

  @Override
  public String toString() {
    String place = uri.getHost() + ":" + uri.getPort();
    return "RedisServer{" + place + ", " + (lifecycle == null ? "EXTERNAL" : lifecycle.state())
        + "}";
  }

  /** Aborts the test if the server is somebody else's. */
  void requireFaults() {
    if (lifecycle == null) {
      Assumptions.abort("needs to pause, kill or restart a server, which is not done to those of "
          + RedisSource.URLS);
    }
  }

  String host() {
    return uri.getHost();
  }

  RespConnection connect(Duration timeout) throws IOException {
    return new RespConnection(uri, timeout);
  }

  /** Returns a section of what the server says of itself. */
  String info(String section) {
    return String.valueOf(command("INFO", section));
  }

  /** Returns whether a fault was made since the server was created or mended. */
  boolean isDisturbed() {
    return lifecycle != null && lifecycle.isDisturbed();
  }

  /** Resumes or restarts the server, so that it answers again. */
  void mend() {
    own().mend();
  }

  /** Starts the server anew, without the data and the identity that it had. */
  void recreate() {
    own().recreate();
  }

  private Lifecycle own() {
    requireFaults();
    return Checks.notNull(lifecycle, "lifecycle");
  }
}
