package dev.scaling.resilience;

import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * How many latencies there were in each bucket since the beginning. Counts wrap, and what counts is
 * the difference of two of them. Safe for use by many threads, which seldom meet.
 */
final class LatencyCounts {

  /*
   * Each stripe has all buckets, and a thread counts in that of its identifier: a LongAdder for each of a
   * thousand buckets would be ten times the memory. Threads of one stripe meet only if their latencies are
   * near each other too. Nothing depends on which stripe it is.
   */

  private static final int PAD = 32; // 128 bytes between what two stripes write
  private static final int STRIDE = LatencyBuckets.COUNT + PAD;
  private static final int MOST_BITS = 4;
  private static final long GOLDEN = 0x9E3779B97F4A7C15L; // spreads identifiers that have a step

  private final int bits;
  private final AtomicIntegerArray cells;

  LatencyCounts() {
    int processors = Runtime.getRuntime().availableProcessors();
    bits = Math.min(MOST_BITS, Integer.SIZE - Integer.numberOfLeadingZeros(processors));
    cells = new AtomicIntegerArray(PAD + (STRIDE << bits));
  }

  void add(int bucket) {
    int stripe = (int) ((Thread.currentThread().getId() * GOLDEN) >>> (Long.SIZE - bits));
    cells.getAndIncrement(PAD + stripe * STRIDE + bucket);
  }

  /**
   * Sets each number to the count of its bucket, which is never behind one that was seen before.
   */
  void sumInto(int[] sums) {
    for (int bucket = 0; bucket < sums.length; bucket++) {
      int sum = 0;
      for (int cell = PAD + bucket; cell < cells.length(); cell += STRIDE) {
        sum += cells.get(cell);
      }
      sums[bucket] = sum;
    }
  }
}
