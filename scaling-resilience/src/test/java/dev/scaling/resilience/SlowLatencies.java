package dev.scaling.resilience;

import java.util.ArrayList;
import java.util.List;

/**
 * A window that keeps each sample by itself. As it is it does what the shipped one does; what it
 * asks its own methods can be answered wrongly.
 */
class SlowLatencies implements Latencies {

  static final int SLICES = 10;

  private final double quantile;
  private final long sliceNanos;
  private final int leastSamples;
  private final long startNanos;
  private final List<Sample> samples = new ArrayList<>();

  SlowLatencies(double quantile, long windowNanos, int leastSamples, long startNanos) {
    this.quantile = quantile;
    sliceNanos = windowNanos / SLICES;
    this.leastSamples = leastSamples;
    this.startNanos = startNanos;
  }

  @Override
  public final void record(long latencyNanos, long nowNanos) {
    if (counts(latencyNanos)) {
      long elapsed = nowNanos - startNanos;
      samples.add(new Sample(shown(latencyNanos), slice(elapsed)));
    }
  }

  @Override
  public void recordCensored(long elapsedNanos, long nowNanos) {
    record(elapsedNanos, nowNanos);
  }

  @Override
  public final LatencyReading reading(long nowNanos) {
    long present = slice(nowNanos - startNanos);
    long[] sorted = samples.stream()
        .filter(sample -> isRecent(sample.slice, present))
        .mapToLong(Sample::nanos)
        .sorted()
        .toArray();
    long endsNanos = startNanos + (present + 1) * sliceNanos;
    return sorted.length < leastSamples
        ? LatencyReading.unknown(sorted.length, endsNanos)
        : new LatencyReading(
            sorted.length,
            sorted[index(quantile, sorted.length)],
            sorted[index(0.5, sorted.length)],
            endsNanos);
  }

  boolean counts(long latencyNanos) {
    return latencyNanos >= 0;
  }

  /** Exact here; others have buckets. */
  long shown(long latencyNanos) {
    return latencyNanos;
  }

  long slice(long elapsedNanos) {
    return Math.floorDiv(elapsedNanos, sliceNanos);
  }

  boolean isRecent(long slice, long present) {
    return slice < present && slice >= present - SLICES;
  }

  int index(double share, int count) {
    return (int) Math.ceil(share * count) - 1;
  }

  private record Sample(long nanos, long slice) {}
}
