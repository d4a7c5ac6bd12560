package dev.scaling.resilience;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** Budgets as they were written elsewhere or could have been, each with one mistake. */
enum BrokenPurse {
  /** Looks whether there is a token, and takes it then. */
  CHECKS_THEN_ACTS {
    @Override
    Purse of(int burst, int callsAToken) {
      return new Counted(burst, callsAToken) {
        @Override
        @Nullable
        Paid take() {
          long known = tokens.get();
          if (known < callsAToken) {
            return null;
          }
          letOthersIn();
          tokens.addAndGet(-callsAToken);
          return this::back;
        }
      };
    }
  },

  /** Adds what comes in, and forgets that there is a most. */
  FORGETS_THE_BURST {
    @Override
    Purse of(int burst, int callsAToken) {
      return new Counted(burst, callsAToken) {
        @Override
        void back(boolean isSuccess) {
          tokens.addAndGet(isSuccess ? callsAToken : 0); // beyond the burst too
        }

        @Override
        public void succeeded() {
          tokens.incrementAndGet();
        }
      };
    }
  },

  /** Gives a token back whatever became of the retry. */
  REFUNDS_FAILURES {
    @Override
    Purse of(int burst, int callsAToken) {
      return new Counted(burst, callsAToken) {
        @Override
        void back(boolean isSuccess) {
          super.back(true);
        }
      };
    }
  },

  /** Counts successes in a striped counter, and empties it in order to look: some count twice. */
  SUMS_THEN_RESETS {
    @Override
    Purse of(int burst, int callsAToken) {
      var successes = new LongAdder();
      return new Counted(burst, callsAToken) {
        @Override
        public void succeeded() {
          successes.increment();
        }

        @Override
        @Nullable
        Paid take() {
          long more = successes.sum();
          letOthersIn();
          put(more);
          successes.reset();
          return super.take();
        }
      };
    }
  },

  /** Reads the counter before what was settled of it. */
  SUMS_BEFORE_IT_READS {
    @Override
    Purse of(int burst, int callsAToken) {
      var successes = new LongAdder();
      var settled = new AtomicLong();
      return new Counted(burst, callsAToken) {
        @Override
        public void succeeded() {
          successes.increment();
        }

        @Override
        @Nullable
        Paid take() {
          long sum = successes.sum();
          letOthersIn();
          long before = settled.getAndSet(sum);
          put(sum - before < 0 ? before - sum : sum - before);
          return super.take();
        }
      };
    }
  };

  abstract Purse of(int burst, int callsAToken);

  @SuppressWarnings("ThreadPriorityCheck") // makes a race likely, and nothing depends on it
  private static void letOthersIn() {
    Thread.yield();
  }

  /** A bucket that counts in calls, {@code callsAToken} of which are one token. */
  private abstract static class Counted implements Purse {

    final AtomicLong tokens;
    final int callsAToken;
    private final long most;

    Counted(int burst, int callsAToken) {
      this.callsAToken = callsAToken;
      most = (long) burst * callsAToken;
      tokens = new AtomicLong(most);
    }

    @Override
    public void succeeded() {
      put(1);
    }

    @Override
    public final @Nullable Paid tryPay() {
      return take();
    }

    @Nullable
    Paid take() {
      long known = tokens.getAndUpdate(is -> is < callsAToken ? is : is - callsAToken);
      return known < callsAToken ? null : this::back;
    }

    void back(boolean isSuccess) {
      put(isSuccess ? callsAToken : 0);
    }

    void put(long more) {
      tokens.updateAndGet(is -> Math.min(most, is + more));
    }
  }
}
