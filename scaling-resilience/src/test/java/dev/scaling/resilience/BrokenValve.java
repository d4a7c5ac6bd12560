package dev.scaling.resilience;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.random.RandomGenerator;

/** Throttles as they were written elsewhere or could have been, each with one mistake. */
enum BrokenValve implements Valve.Maker {
  /** Counts a request when it ends: those that hang are not seen. */
  COUNTS_AFTER_THE_CALL {
    @Override
    Counted counted(ThrottleRule rule, RandomGenerator random, long nowNanos) {
      return new Counted(rule, random, nowNanos) {
        @Override
        public boolean tryAdmit(long now) {
          return isAdmitted(now);
        }

        @Override
        public void ended(long now, boolean isAccepted) {
          requests.increment();
          super.ended(now, isAccepted);
        }
      };
    }
  },

  /** Counts no request that it refuses: so its ratio falls as soon as it has risen. */
  FORGETS_WHAT_IT_REFUSES {
    @Override
    Counted counted(ThrottleRule rule, RandomGenerator random, long nowNanos) {
      return new Counted(rule, random, nowNanos) {
        @Override
        public boolean tryAdmit(long now) {
          boolean isAdmitted = isAdmitted(now);
          requests.add(isAdmitted ? 1 : 0);
          return isAdmitted;
        }
      };
    }
  },

  /** Never forgets. */
  WINDOW_STANDS_STILL {
    @Override
    Counted counted(ThrottleRule rule, RandomGenerator random, long nowNanos) {
      return new Counted(rule, random, nowNanos) {
        @Override
        ThrottleWindow moved(long now) {
          return ThrottleWindow.starting(rule, began).at(began, requests.sum(), accepts.sum());
        }
      };
    }
  },

  /** Moves counts from a striped counter by emptying it: some are lost. */
  SUMS_THEN_RESETS {
    @Override
    Counted counted(ThrottleRule rule, RandomGenerator random, long nowNanos) {
      var moved = new AtomicLong();
      return new Counted(rule, random, nowNanos) {
        @Override
        @SuppressWarnings("ThreadPriorityCheck") // makes a race likely, and nothing depends on it
        ThrottleWindow moved(long now) {
          long sum = requests.sum();
          Thread.yield();
          requests.reset();
          return window.at(now, moved.addAndGet(sum), accepts.sum());
        }
      };
    }
  };

  abstract Counted counted(ThrottleRule rule, RandomGenerator random, long nowNanos);

  @Override
  public Valve of(ThrottleRule rule, RandomGenerator random, long nowNanos) {
    return counted(rule, random, nowNanos);
  }

  /** As the shipped one, but for what is overridden. */
  private abstract static class Counted implements Valve {

    final LongAdder requests = new LongAdder();
    final LongAdder accepts = new LongAdder();
    final long began;
    volatile ThrottleWindow window;
    private final RandomGenerator random;

    Counted(ThrottleRule rule, RandomGenerator random, long nowNanos) {
      this.random = random;
      began = nowNanos;
      window = ThrottleWindow.starting(rule, nowNanos);
    }

    @Override
    public boolean tryAdmit(long now) {
      boolean isAdmitted = isAdmitted(now);
      requests.increment();
      return isAdmitted;
    }

    @Override
    public void ended(long now, boolean isAccepted) {
      accepts.add(isAccepted ? 1 : 0);
    }

    @Override
    public double dropRatio() {
      return window.dropRatio();
    }

    ThrottleWindow moved(long now) {
      return window.at(now, requests.sum(), accepts.sum());
    }

    final boolean isAdmitted(long now) {
      if (window.isOld(now)) {
        window = moved(now);
      }
      double ratio = window.dropRatio();
      return ratio == 0 || random.nextDouble() >= ratio;
    }
  }
}
