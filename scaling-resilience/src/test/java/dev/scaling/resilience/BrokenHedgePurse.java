package dev.scaling.resilience;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/** Budgets of hedges as they were written elsewhere or could have been, each with one mistake. */
enum BrokenHedgePurse {
  /** Looks whether there is a token, and takes it then. */
  CHECKS_THEN_ACTS {
    @Override
    HedgePurse of(int burst, int firstsAToken) {
      return new Counted(burst, firstsAToken) {
        @Override
        boolean take() {
          boolean isThere = tokens.get() >= firstsAToken;
          letOthersIn();
          tokens.addAndGet(isThere ? -firstsAToken : 0);
          return isThere;
        }
      };
    }
  },

  /** Gives tokens out before a first attempt has paid for them. */
  STARTS_FULL {
    @Override
    HedgePurse of(int burst, int firstsAToken) {
      var purse = new Counted(burst, firstsAToken);
      purse.tokens.set((long) burst * firstsAToken);
      return purse;
    }
  },

  /** Adds what comes in, and forgets that there is a most. */
  FORGETS_THE_BURST {
    @Override
    HedgePurse of(int burst, int firstsAToken) {
      return new Counted(burst, firstsAToken) {
        @Override
        void put(long more) {
          tokens.addAndGet(more);
        }
      };
    }
  },

  /** Counts first attempts in a striped counter, and empties it in order to look. */
  SUMS_THEN_RESETS {
    @Override
    HedgePurse of(int burst, int firstsAToken) {
      var firsts = new LongAdder();
      return new Counted(burst, firstsAToken) {
        @Override
        public void first(long nowNanos) {
          firsts.increment();
        }

        @Override
        boolean take() {
          long more = firsts.sum();
          letOthersIn();
          firsts.reset();
          put(more);
          return super.take();
        }
      };
    }
  },

  /** Loses its token if the other budget refuses: Finagle. */
  LOSES_IT_IF_REFUSED {
    @Override
    HedgePurse of(int burst, int firstsAToken) {
      return new Counted(burst, firstsAToken) {
        @Override
        void putBack() {}
      };
    }
  },

  /** Puts a token back for each refusal, its own too. */
  PUTS_BACK_WHAT_IT_DID_NOT_TAKE {
    @Override
    HedgePurse of(int burst, int firstsAToken) {
      return new Counted(burst, firstsAToken) {
        @Override
        public boolean tryHedge(boolean isGranted, long nowNanos) {
          if (take() && isGranted) {
            return true;
          }
          putBack();
          return false;
        }
      };
    }
  };

  abstract HedgePurse of(int burst, int firstsAToken);

  @SuppressWarnings("ThreadPriorityCheck") // makes a race likely, and nothing depends on it
  private static void letOthersIn() {
    Thread.yield();
  }

  /** A bucket that counts in first attempts, {@code firstsAToken} of which are one token. */
  private static class Counted implements HedgePurse {

    final AtomicLong tokens = new AtomicLong();
    private final int firstsAToken;
    private final long most;

    Counted(int burst, int firstsAToken) {
      this.firstsAToken = firstsAToken;
      most = (long) burst * firstsAToken;
    }

    @Override
    public void first(long nowNanos) {
      put(1);
    }

    @Override
    public boolean tryHedge(boolean isGranted, long nowNanos) {
      if (!take()) {
        return false;
      }
      if (!isGranted) {
        putBack();
      }
      return isGranted;
    }

    boolean take() {
      long known = tokens.getAndUpdate(is -> is < firstsAToken ? is : is - firstsAToken);
      return known >= firstsAToken;
    }

    void putBack() {
      put(firstsAToken);
    }

    void put(long more) {
      tokens.updateAndGet(is -> Math.min(most, is + more));
    }
  }
}
