package dev.scaling.resilience;

import java.util.Arrays;

/**
 * What a {@link Throttle} knew at a moment: how far its counters were at the start of each slice of
 * the window, and the ratio that follows. Immutable.
 */
final class ThrottleWindow {

  /*
   * The counters only grow, and what lies in the window is how much they have grown since its first slice
   * began. So no count is moved or reset when a slice ends, and none can be lost. A ring of one more than
   * SLICES starts covers at least the whole window, and at most one slice more.
   */

  private static final int STARTS = ThrottleRule.SLICES + 1;

  private final ThrottleRule rule;
  private final long beganNanos; // when slice 0 began
  private final long atNanos;
  private final long slice; // that it is
  private final long[] requests; // at the start of slice i, at i modulo STARTS
  private final long[] accepts;
  private final double dropRatio;

  private ThrottleWindow(
      ThrottleRule rule,
      long beganNanos,
      long atNanos,
      long slice,
      long[] requests,
      long[] accepts,
      double dropRatio) {
    this.rule = rule;
    this.beganNanos = beganNanos;
    this.atNanos = atNanos;
    this.slice = slice;
    this.requests = requests;
    this.accepts = accepts;
    this.dropRatio = dropRatio;
  }

  /** Returns the window of counters that are at zero. */
  static ThrottleWindow starting(ThrottleRule rule, long nowNanos) {
    return new ThrottleWindow(
        rule, nowNanos, nowNanos, 0, new long[STARTS], new long[STARTS], /* dropRatio= */ 0);
  }

  /** Returns whether the ratio is to be computed anew; a clock that goes back changes nothing. */
  boolean isOld(long nowNanos) {
    return nowNanos - atNanos >= rule.refreshNanos();
  }

  /** Returns the window at a later moment, by the counters as they are then. */
  ThrottleWindow at(long nowNanos, long allRequests, long allAccepts) {
    long next = Math.max(slice, (nowNanos - beganNanos) / rule.sliceNanos());
    long[] nextRequests = requests;
    long[] nextAccepts = accepts;
    if (next > slice) {
      nextRequests = started(requests, next, allRequests);
      nextAccepts = started(accepts, next, allAccepts);
    }
    int oldest = (int) ((next + 1) % STARTS);
    double ratio =
        rule.dropRatio(allRequests - nextRequests[oldest], allAccepts - nextAccepts[oldest]);
    return new ThrottleWindow(rule, beganNanos, nowNanos, next, nextRequests, nextAccepts, ratio);
  }

  double dropRatio() {
    return dropRatio;
  }

  /**
   * Returns the starts with those of the slices that have begun since: nobody called in between.
   */
  private long[] started(long[] before, long next, long count) {
    long[] starts = Arrays.copyOf(before, STARTS);
    for (long i = Math.max(slice + 1, next - ThrottleRule.SLICES); i <= next; i++) {
      starts[(int) (i % STARTS)] = count;
    }
    return starts;
  }
}
