package dev.scaling.resilience;

/**
 * What a {@link LatencyWindow} knows during a slice. If it has too few samples, each number is the
 * one that changes nothing where it is used: a hedge is never sent, and any time left is enough.
 *
 * @param samples in the window
 * @param triggerNanos the quantile after which a hedge is worth it; {@link Long#MAX_VALUE} if too
 *     few samples are there
 * @param medianNanos half of the samples are not longer; 0 if too few are there
 * @param endsNanos when the slice ends
 */
record LatencyReading(long samples, long triggerNanos, long medianNanos, long endsNanos) {

  static LatencyReading unknown(long samples, long endsNanos) {
    return new LatencyReading(samples, Long.MAX_VALUE, 0, endsNanos);
  }

  boolean isKnown() {
    return triggerNanos != Long.MAX_VALUE;
  }
}
