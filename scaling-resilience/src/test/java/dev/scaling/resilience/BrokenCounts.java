package dev.scaling.resilience;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Windows whose counts are shared by threads, each with one mistake; they know how many there are.
 */
enum BrokenCounts {
  /** Reads, adds and writes. */
  PLAIN_ADDITION {
    @Override
    Latencies create(long sliceNanos) {
      return new Total(sliceNanos) {
        private int count;

        @Override
        void add() {
          int known = count;
          letOthersIn();
          count = known + 1;
        }

        @Override
        long take() {
          int known = count;
          count = 0;
          return known;
        }
      };
    }
  },

  /** Has counters by turns, and empties one when its slice begins: who was late is forgotten. */
  EMPTIES_FOR_THE_NEXT_SLICE {
    @Override
    Latencies create(long sliceNanos) {
      return new Total(sliceNanos) {
        private final AtomicIntegerArray counts = new AtomicIntegerArray(2);
        private final AtomicInteger present = new AtomicInteger();

        @Override
        void add() {
          int mine = present.get();
          letOthersIn();
          counts.incrementAndGet(mine);
        }

        @Override
        long take() {
          int before = present.get();
          counts.set(1 - before, 0);
          present.set(1 - before);
          return counts.get(before);
        }
      };
    }
  },

  /** Sums, and empties then. */
  SUMS_THEN_RESETS {
    @Override
    Latencies create(long sliceNanos) {
      return new Total(sliceNanos) {
        private final AtomicLong count = new AtomicLong();

        @Override
        void add() {
          count.incrementAndGet();
        }

        @Override
        long take() {
          long known = count.get();
          letOthersIn();
          count.set(0);
          return known;
        }
      };
    }
  },

  /** Whoever finds that a slice has ended ends it, though somebody else does. */
  ENDS_A_SLICE_TWICE {
    @Override
    Latencies create(long sliceNanos) {
      return new Total(sliceNanos) {
        private final AtomicLong count = new AtomicLong();
        private final AtomicLong taken = new AtomicLong();

        @Override
        void add() {
          count.incrementAndGet();
        }

        @Override
        long take() {
          long now = count.get();
          long known = taken.get();
          letOthersIn();
          taken.set(now);
          return now - known;
        }

        @Override
        boolean isMine(long ended, long next) {
          letOthersIn();
          endsNanos.set(next);
          return true;
        }
      };
    }
  };

  abstract Latencies create(long sliceNanos);

  @SuppressWarnings("ThreadPriorityCheck") // makes a race likely, and nothing depends on it
  private static void letOthersIn() {
    Thread.yield();
  }

  private abstract static class Total implements Latencies {

    final AtomicLong endsNanos;
    private final long sliceNanos;
    private final AtomicLong total = new AtomicLong();

    Total(long sliceNanos) {
      this.sliceNanos = sliceNanos;
      endsNanos = new AtomicLong(sliceNanos);
    }

    abstract void add();

    abstract long take();

    boolean isMine(long ended, long next) {
      return endsNanos.compareAndSet(ended, next);
    }

    @Override
    public final void record(long latencyNanos, long nowNanos) {
      reading(nowNanos);
      add();
    }

    @Override
    public final void recordCensored(long elapsedNanos, long nowNanos) {
      record(elapsedNanos, nowNanos);
    }

    @Override
    public final LatencyReading reading(long nowNanos) {
      long ended = endsNanos.get();
      if (nowNanos >= ended && isMine(ended, ended + sliceNanos)) {
        total.addAndGet(take());
      }
      return LatencyReading.unknown(total.get(), endsNanos.get());
    }
  }
}
