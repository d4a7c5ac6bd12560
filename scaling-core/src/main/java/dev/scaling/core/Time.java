package dev.scaling.core;

import java.time.Duration;

/**
 * The one source of time: elapsed time, the wall clock, and waiting. Components read the time and
 * wait only through it, so that a test can drive them through hours in microseconds.
 *
 * <p>Implementations must be safe for use by many threads, unless they are made for a test that
 * uses one.
 */
public interface Time {

  /**
   * Returns the elapsed time, in nanoseconds since an arbitrary origin.
   *
   * <p>Compare two readings by subtraction, never with {@code <}: a reading may be negative, and
   * may wrap.
   *
   * @see System#nanoTime()
   */
  long nanoTime();

  /**
   * Returns the wall clock, in milliseconds since the epoch. It may jump: use it for what people
   * read, and {@link #nanoTime()} for everything else.
   */
  long currentTimeMillis();

  /**
   * Runs a task once, later, and never inside this call.
   *
   * @param task must not block; what it throws is logged and otherwise ignored
   * @param delay the shortest wait; zero for as soon as possible
   */
  Cancellable schedule(Runnable task, Duration delay);

  /**
   * Returns the time of this machine: {@link System#nanoTime()}, {@link System#currentTimeMillis()}
   * and one daemon thread for everything scheduled, which ends when it has been idle for ten
   * seconds.
   */
  static Time system() {
    return SystemTime.INSTANCE;
  }

  /** A task that has not run yet. */
  @FunctionalInterface
  interface Cancellable {

    /** Keeps the task from running, unless it has begun. Does nothing the second time. */
    void cancel();
  }
}
