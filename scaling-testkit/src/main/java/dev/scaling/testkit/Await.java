package dev.scaling.testkit;

import dev.scaling.core.Time;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits in real time, which only this module does: servers are not driven by virtual time. */
final class Await {

  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

  private Await() {}

  /**
   * Returns once a condition holds.
   *
   * @throws IllegalStateException if it does not hold in time; the message says what was awaited
   */
  static void until(String what, Duration timeout, BooleanSupplier condition) {
    long startNanos = Time.system().nanoTime();
    while (!condition.getAsBoolean()) {
      if (Time.system().nanoTime() - startNanos >= timeout.toNanos()) {
        throw new IllegalStateException(what + ": not within " + timeout);
      }
      park(PAUSE_NANOS);
    }
  }

  /** Lets time pass, or less of it than asked for. */
  static void park(long nanos) {
    LockSupport.parkNanos(nanos);
    if (Thread.currentThread().isInterrupted()) {
      throw new CancellationException("interrupted while waiting");
    }
  }
}
