package dev.scaling.resilience;

/** What knows quantiles of latencies: the shipped window, or one with a mistake in it. */
interface Latencies {

  void record(long latencyNanos, long nowNanos);

  void recordCensored(long elapsedNanos, long nowNanos);

  LatencyReading reading(long nowNanos);

  static Latencies of(LatencyWindow window) {
    return new Latencies() {
      @Override
      public void record(long latencyNanos, long nowNanos) {
        window.record(latencyNanos, nowNanos);
      }

      @Override
      public void recordCensored(long elapsedNanos, long nowNanos) {
        window.recordCensored(elapsedNanos, nowNanos);
      }

      @Override
      public LatencyReading reading(long nowNanos) {
        return window.reading(nowNanos);
      }
    };
  }
}
