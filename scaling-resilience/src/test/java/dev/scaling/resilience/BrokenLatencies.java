package dev.scaling.resilience;

/** Windows that could have been written, each with one mistake. */
enum BrokenLatencies {
  /** The first bucket of a power of two is taken for the last of the one before. */
  OFF_BY_ONE_AT_POWERS_OF_TWO {
    @Override
    Latencies of(double quantile, long windowNanos, int leastSamples, long startNanos) {
      return new SlowLatencies(quantile, windowNanos, leastSamples, startNanos) {
        @Override
        long shown(long latencyNanos) {
          int bucket = LatencyBuckets.of(latencyNanos);
          return LatencyBuckets.mostNanos(bucket - (bucket > 0 && bucket % 32 == 0 ? 1 : 0));
        }
      };
    }
  },

  /** Buckets are twice as wide. */
  COARSE_BUCKETS {
    @Override
    Latencies of(double quantile, long windowNanos, int leastSamples, long startNanos) {
      return new SlowLatencies(quantile, windowNanos, leastSamples, startNanos) {
        @Override
        long shown(long latencyNanos) {
          return LatencyBuckets.mostNanos(LatencyBuckets.of(latencyNanos) | 1);
        }
      };
    }
  },

  /** Whatever was recorded counts for ever. */
  NEVER_SLIDES {
    @Override
    Latencies of(double quantile, long windowNanos, int leastSamples, long startNanos) {
      return new SlowLatencies(quantile, windowNanos, leastSamples, startNanos) {
        @Override
        boolean isRecent(long slice, long present) {
          return slice < present;
        }
      };
    }
  },

  /** The oldest slice leaves one too late. */
  KEEPS_A_SLICE_TOO_MANY {
    @Override
    Latencies of(double quantile, long windowNanos, int leastSamples, long startNanos) {
      return new SlowLatencies(quantile, windowNanos, leastSamples, startNanos) {
        @Override
        boolean isRecent(long slice, long present) {
          return slice < present && slice >= present - SLICES - 1;
        }
      };
    }
  },

  /** After a pause only one slice ends, however many have passed. */
  FORGETS_SLICES_WITHOUT_CALLS {
    @Override
    Latencies of(double quantile, long windowNanos, int leastSamples, long startNanos) {
      return new SlowLatencies(quantile, windowNanos, leastSamples, startNanos) {
        private long lastSlice;
        private long passed;

        @Override
        long slice(long elapsedNanos) {
          long slice = super.slice(elapsedNanos);
          passed += Math.min(1, slice - lastSlice);
          lastSlice = slice;
          return passed;
        }
      };
    }
  },

  /**
   * Attempts that were cancelled do not count: what is left are those that hedges need not save.
   */
  SURVIVORS_ONLY {
    @Override
    Latencies of(double quantile, long windowNanos, int leastSamples, long startNanos) {
      return new SlowLatencies(quantile, windowNanos, leastSamples, startNanos) {
        @Override
        public void recordCensored(long elapsedNanos, long nowNanos) {}
      };
    }
  },

  /** The sample below the quantile is taken. */
  RANK_ROUNDED_DOWN {
    @Override
    Latencies of(double quantile, long windowNanos, int leastSamples, long startNanos) {
      return new SlowLatencies(quantile, windowNanos, leastSamples, startNanos) {
        @Override
        int index(double share, int count) {
          return Math.max(0, super.index(share, count) - 1);
        }
      };
    }
  },

  /** A clock that goes back gives a latency of none. */
  NEGATIVE_IS_ZERO {
    @Override
    Latencies of(double quantile, long windowNanos, int leastSamples, long startNanos) {
      return new SlowLatencies(quantile, windowNanos, leastSamples, startNanos) {
        @Override
        boolean counts(long latencyNanos) {
          return true;
        }

        @Override
        long shown(long latencyNanos) {
          return Math.max(0, latencyNanos);
        }
      };
    }
  };

  abstract Latencies of(double quantile, long windowNanos, int leastSamples, long startNanos);
}
