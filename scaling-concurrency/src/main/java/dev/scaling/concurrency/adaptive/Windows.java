package dev.scaling.concurrency.adaptive;

import java.time.Duration;

/**
 * The windows of time in which a limit is tried: numbered by the wall clock, so that those of
 * instances whose clocks agree are the same ones. Each has two halves.
 *
 * <p>Not safe for use by many threads.
 */
final class Windows {

  private static final long SHORTEST_HALF_MILLIS = 125;
  private static final int LEVELS = 4; // each four times as long: 0.25, 1, 4 and 16 seconds
  private static final double LATENCIES = 4; // that a window must hold
  private static final double CALLS = 100;
  private static final double SLACK = 1.5; // so that two levels do not take turns

  private int level;

  /** Returns the number of the half that a moment is in: even for the first half of a window. */
  long half(long wallClockMillis) {
    return Math.floorDiv(wallClockMillis, halfMillis(level));
  }

  /** Returns how long it is until the next half begins. */
  Duration untilNext(long wallClockMillis) {
    long length = halfMillis(level);
    return Duration.ofMillis(length - Math.floorMod(wallClockMillis, length));
  }

  /**
   * Makes windows longer or shorter, if they hold too few calls, or more than enough; returns
   * whether they have changed.
   */
  boolean adjust(Observation seen) {
    long calls = seen.successes() + seen.overloads(); // both teach something
    if (calls == 0) {
      return false;
    }
    double latencies = seen.successes() == 0 ? 0 : LATENCIES * seen.latencySeconds();
    double needed = Math.max(latencies, CALLS * seen.seconds() / calls) * 1_000;
    int next = level;
    while (next < LEVELS - 1 && 2 * halfMillis(next) < needed) {
      next++;
    }
    if (next == level) {
      while (next > 0 && 2 * halfMillis(next - 1) > SLACK * needed) {
        next--;
      }
    }
    boolean isChanged = next != level;
    level = next;
    return isChanged;
  }

  private static long halfMillis(int level) {
    return SHORTEST_HALF_MILLIS << (2 * level);
  }
}
