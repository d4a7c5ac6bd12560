package dev.scaling.resilience;

/**
 * What a {@link Throttle} goes by.
 *
 * @param k how many calls may reach the dependency for each that it accepts
 * @param windowNanos over which calls are counted
 * @param minimumRequests in the window, below which nothing is refused
 */
record ThrottleRule(double k, long windowNanos, double minimumRequests) {

  static final int SLICES = 60; // of a window
  static final double MOST = 0.9; // so that a dependency which is well again is found out

  private static final long LONGEST_REFRESH_NANOS = 100_000_000;

  long sliceNanos() {
    return windowNanos / SLICES;
  }

  /** Returns after how long the ratio is computed anew. */
  long refreshNanos() {
    return Math.min(LONGEST_REFRESH_NANOS, sliceNanos());
  }

  /** Returns with which probability a call is refused, from 0 to 0.9. */
  double dropRatio(long requests, long accepts) {
    if (requests < minimumRequests) {
      return 0;
    }
    return Math.min(MOST, Math.max(0, (requests - k * accepts) / (requests + 1.0)));
  }
}
