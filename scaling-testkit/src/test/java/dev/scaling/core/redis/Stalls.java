package dev.scaling.core.redis;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Tells for how long this machine gave threads no time, so that tests of deadlines can be strict on
 * a machine that is busy with something else.
 *
 * <p>A thread asks to run each millisecond, and adds up by how much it was late.
 */
final class Stalls {

  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
  private static final long USUAL_NANOS = TimeUnit.MILLISECONDS.toNanos(2);
  private static final AtomicLong LOST_NANOS = new AtomicLong();

  static {
    var thread = new Thread(Stalls::watch, "stalls");
    thread.setDaemon(true);
    thread.start();
  }

  private final long startNanos = System.nanoTime();
  private final long lostBeforeNanos = LOST_NANOS.get();

  private Stalls() {}

  /** Begins to measure. */
  static Stalls start() {
    return new Stalls();
  }

  /** Returns how much time has passed. */
  Duration elapsed() {
    return Duration.ofNanos(System.nanoTime() - startNanos);
  }

  /** Returns how much time has passed, without that in which this machine stood still. */
  Duration usable() {
    return elapsed().minusNanos(LOST_NANOS.get() - lostBeforeNanos);
  }

  private static void watch() {
    long last = System.nanoTime();
    while (true) {
      LockSupport.parkNanos(PAUSE_NANOS);
      long now = System.nanoTime();
      long late = now - last;
      if (late > USUAL_NANOS) {
        LOST_NANOS.addAndGet(late);
      }
      last = now;
    }
  }
}
