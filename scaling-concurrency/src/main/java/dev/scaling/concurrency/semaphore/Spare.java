package dev.scaling.concurrency.semaphore;

import java.time.Duration;

/**
 * How many permits were free all through a while: those are not needed. Not safe for use by many
 * threads.
 */
final class Spare {

  static final Duration WHILE = Duration.ofMillis(20);

  private boolean watching;
  private long sinceNanos;
  private int least;

  /** Begins a while, unless one is under way, and returns whether it did. */
  boolean watch(int free, long nowNanos) {
    if (watching) {
      return false;
    }
    watching = true;
    sinceNanos = nowNanos;
    least = free;
    return true;
  }

  void taken(int free) {
    least = Math.min(least, free);
  }

  /** Ends the while if it is over, and returns how many were free all through it. */
  int end(int free, long nowNanos) {
    if (!watching || nowNanos - sinceNanos < WHILE.toNanos()) {
      return 0;
    }
    watching = false;
    return Math.max(0, Math.min(least, free));
  }

  long untilEnd(long nowNanos) {
    return watching ? sinceNanos + WHILE.toNanos() - nowNanos : Step.FOREVER;
  }
}
