package dev.scaling.resilience;

/**
 * Cuts latencies from 512 ns to 73 minutes into buckets: the greatest latency of a bucket is less
 * than a 32nd above its least. What is shorter or longer counts as the shortest or longest.
 */
final class LatencyBuckets {

  /*
   * Log-linear: each power of two is cut into 32 equal parts, so that a bucket is the highest bits of a
   * latency. As in HdrHistogram, but without its linear start, which is finer than a 32nd of nothing.
   */

  /** How many buckets there are. */
  static final int COUNT = 33 * 32;

  private static final int BITS = 5; // 32 buckets for each power of two
  private static final int LEAST_EXPONENT = 9;
  private static final long LEAST_NANOS = 1L << LEAST_EXPONENT;
  private static final long MOST_NANOS = (1L << 42) - 1;

  private LatencyBuckets() {}

  /** Returns the bucket of a latency. */
  static int of(long nanos) {
    long within = Math.max(LEAST_NANOS, Math.min(nanos, MOST_NANOS));
    int exponent = Long.SIZE - 1 - Long.numberOfLeadingZeros(within);
    int part = (int) (within >>> (exponent - BITS)) - (1 << BITS);
    return ((exponent - LEAST_EXPONENT) << BITS) + part;
  }

  /** Returns the greatest latency that a bucket holds. */
  static long mostNanos(int bucket) {
    int exponent = LEAST_EXPONENT + (bucket >>> BITS);
    long part = bucket & ((1 << BITS) - 1);
    return (((1L << BITS) + part + 1) << (exponent - BITS)) - 1;
  }
}
