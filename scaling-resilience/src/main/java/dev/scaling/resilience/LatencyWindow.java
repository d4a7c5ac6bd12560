package dev.scaling.resilience;

import dev.scaling.core.internal.Checks;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Knows two quantiles of the latencies of the last while: the median, and the one after which a
 * hedge is worth it. A quantile is never less than the exact one, and less than a 32nd above it,
 * for latencies from 512 ns to 73 minutes; so not more of the samples are longer than were asked
 * for.
 *
 * <p>Time is cut into slices, ten to a window. What is known changes when a slice ends: it is of
 * the ten that have ended. So a sample counts from at most a tenth of the window after it was
 * recorded, until at most a tenth more than the window after it.
 *
 * <p>Holds 68 KB with 2 processors and 120 KB with 8 or more. Safe for use by many threads, of
 * which none waits for another. Allocates only at the end of a slice; reads no clock.
 */
final class LatencyWindow {

  /*
   * Counts are never taken back: for each of the last slices there is a copy of them from when it ended,
   * and the window is what has been counted since the oldest. So no record is lost or counted twice,
   * whatever it races with; one that races with the end of a slice may count in the next, and stays in the
   * window as much longer as its thread was held up between reading the clock and counting.
   * If it is the thread that ends a slice that is held up, the next ones end late, and what is counted
   * meanwhile leaves as much too soon.
   *
   * Whoever comes first after the end of a slice ends it: one compare-and-set takes the right to, and others
   * go on meanwhile with what is known. That is all that callers share: a record is one read of a field that
   * changes once a slice, and one addition in a stripe.
   *
   * A cancelled first attempt would have lasted longer than it was let; if it did not count, only those that
   * hedges need not save would, the trigger would fall, and more hedges would be sent, and so on. Counted by
   * what it had lasted it is too short, but longer than the trigger that a hedge was sent by: the quantile
   * of the trigger is as it would be, and only those above are too low. Finagle does so too [1].
   *
   * [1] https://github.com/twitter/finagle, BackupRequestFilter.scala, shouldRecord
   */

  /** From how many samples on not every attempt needs to count; by far more than are needed. */
  static final int PLENTY = 1_600;

  private static final long GOLDEN_RATIO = 0x9E3779B97F4A7C15L; // of 2^64

  /** How many slices a window has. */
  static final int SLICES = 10;

  private final double quantile;
  private final long sliceNanos;
  private final int leastSamples;
  private final LatencyCounts counts = new LatencyCounts();
  private final AtomicBoolean isSliceEnding = new AtomicBoolean();

  // Guarded by isSliceEnding.
  private final int[][] ends = new int[SLICES][LatencyBuckets.COUNT]; // counts at ends of slices
  private final int[] counted = new int[LatencyBuckets.COUNT];
  private final int[] recent = new int[LatencyBuckets.COUNT];
  private int slice;

  private volatile LatencyReading reading;

  /**
   * Creates one that knows nothing.
   *
   * @param quantile of the trigger, from 0.5 to 0.9999
   * @param window from 1 second to 10 minutes
   * @param leastSamples without which nothing is known, from 1 to 1,000,000
   * @param nowNanos when the first slice begins
   */
  LatencyWindow(double quantile, Duration window, int leastSamples, long nowNanos) {
    Checks.argument(
        quantile >= 0.5 && quantile <= 0.9999, "quantile must be in [0.5, 0.9999]: %s", quantile);
    Checks.duration("window", window, Duration.ofSeconds(1), Duration.ofMinutes(10));
    this.quantile = quantile;
    this.leastSamples = (int) Checks.range("leastSamples", leastSamples, 1, 1_000_000);
    sliceNanos = window.toNanos() / SLICES;
    reading = LatencyReading.unknown(0, nowNanos + sliceNanos);
  }

  /**
   * Returns whether an attempt that began then need not count, for who wants the median only: while
   * there are plenty of samples, seven in eight need not. Saves a reading of the clock at its end,
   * which costs more than all else of a call. Chosen by a hash of when it began, so whatever its
   * latency.
   */
  boolean isSpared(long beganNanos) {
    return reading.samples() >= PLENTY && (beganNanos * GOLDEN_RATIO) >>> 61 != 0;
  }

  /** Counts an attempt that ended by itself. One of negative length is ignored. */
  void record(long latencyNanos, long nowNanos) {
    if (latencyNanos < 0) {
      return; // the clock went back
    }
    reading(nowNanos); // a slice that is over ends first
    counts.add(LatencyBuckets.of(latencyNanos));
  }

  /**
   * Counts an attempt that was cancelled and would have lasted longer, as if it had not: quantiles
   * above the trigger are too low by that.
   */
  void recordCensored(long elapsedNanos, long nowNanos) {
    record(elapsedNanos, nowNanos);
  }

  /** Returns what is known now: one volatile read, unless a slice has ended. */
  LatencyReading reading(long nowNanos) {
    var known = reading;
    return nowNanos - known.endsNanos() < 0 ? known : endSlices(known, nowNanos);
  }

  private LatencyReading endSlices(LatencyReading known, long nowNanos) {
    if (isSliceEnding.get() || !isSliceEnding.compareAndSet(false, true)) {
      return known;
    }
    try {
      var latest = reading;
      long lateNanos = nowNanos - latest.endsNanos();
      if (lateNanos >= 0) {
        long ended = lateNanos / sliceNanos + 1;
        endSlices(ended);
        latest = read(latest.endsNanos() + ended * sliceNanos);
        reading = latest;
      }
      return latest;
    } finally {
      isSliceEnding.set(false);
    }
  }

  /** Whatever was counted was so in the first of them. */
  private void endSlices(long ended) {
    counts.sumInto(counted);
    for (long left = Math.min(ended, SLICES + 1); left > 0; left--) {
      slice = (slice + 1) % SLICES;
      int[] before = ends[slice];
      for (int bucket = 0; bucket < counted.length; bucket++) {
        recent[bucket] = counted[bucket] - before[bucket];
        before[bucket] = counted[bucket];
      }
    }
  }

  private LatencyReading read(long endsNanos) {
    long samples = 0;
    for (int count : recent) {
      samples += count;
    }
    return samples < leastSamples
        ? LatencyReading.unknown(samples, endsNanos)
        : new LatencyReading(samples, nanosAt(quantile, samples), nanosAt(0.5, samples), endsNanos);
  }

  private long nanosAt(double share, long samples) {
    long left = (long) Math.ceil(share * samples);
    int bucket = 0;
    for (left -= recent[0]; left > 0; left -= recent[bucket]) {
      bucket++;
    }
    return LatencyBuckets.mostNanos(bucket);
  }
}
