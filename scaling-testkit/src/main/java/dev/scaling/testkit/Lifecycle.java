package dev.scaling.testkit;

import dev.scaling.core.internal.Checks;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.locks.ReentrantLock;

/** What becomes of a server of our own: its faults, one at a time, and how they are undone. */
final class Lifecycle {

  /** Whether the server can answer. */
  enum State {
    RUNNING,
    PAUSED,
    KILLED,
    CLOSED
  }

  private final Launcher.Launched launched;
  private final int port;
  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by lock, which is held while the server starts or ends: others wait for the outcome.
  private State state = State.RUNNING;
  private boolean disturbed;

  /** Takes over a server that has been started. */
  Lifecycle(Launcher.Launched launched, int port) {
    this.launched = launched;
    this.port = port;
  }

  void pause() {
    change("pause", () -> {
      require(state == State.RUNNING || state == State.PAUSED, "pause");
      if (state == State.RUNNING) {
        launched.pause();
        state = State.PAUSED;
        disturbed = true;
      }
    });
  }

  void resume() {
    change("resume", () -> {
      if (state == State.PAUSED) {
        launched.resume();
        state = State.RUNNING;
      }
    });
  }

  void kill() {
    change("kill", () -> {
      if (state == State.RUNNING || state == State.PAUSED) {
        launched.kill();
        state = State.KILLED;
        disturbed = true;
      }
    });
  }

  void restart() {
    change("restart", () -> {
      require(state != State.CLOSED, "restart");
      disturbed = true;
      launched.kill();
      start();
    });
  }

  /** Resumes the server or starts it again, so that it answers. */
  void mend() {
    change("mend", () -> {
      require(state != State.CLOSED, "mend");
      if (state == State.PAUSED) {
        launched.resume();
        state = State.RUNNING;
      } else if (state == State.KILLED) {
        start();
      }
      disturbed = false;
    });
  }

  /** Starts the server anew, without the data and the identity that it had. */
  void recreate() {
    change("recreate", () -> {
      require(state != State.CLOSED, "recreate");
      launched.remove();
      start();
      disturbed = false;
    });
  }

  void close() {
    change("close", () -> {
      if (state != State.CLOSED) {
        state = State.CLOSED;
        launched.remove();
        Ports.release(port);
      }
    });
  }

  /** Returns whether a fault was made since the server was created or mended. */
  boolean isDisturbed() {
    lock.lock();
    try {
      return disturbed;
    } finally {
      lock.unlock();
    }
  }

  State state() {
    lock.lock();
    try {
      return state;
    } finally {
      lock.unlock();
    }
  }

  private void start() throws IOException {
    state = State.KILLED; // and so it stays if the next line fails
    launched.start();
    state = State.RUNNING;
  }

  private void change(String verb, Change change) {
    lock.lock();
    try {
      change.run();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot " + verb + " the server on port " + port, e);
    } finally {
      lock.unlock();
    }
  }

  private void require(boolean allowed, String verb) {
    Checks.agreement(
        allowed, "cannot " + verb + " the server on port " + port + ", which is " + state);
  }

  /** A step from one state to another. */
  private interface Change {

    void run() throws IOException;
  }
}
