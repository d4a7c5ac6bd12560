package dev.scaling.resilience.shed;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Shedders as they were written elsewhere or could have been, each with one mistake. */
enum BrokenDoor {
  /** Looks whether there is a place, and takes it then. */
  LOOKS_THEN_TAKES {
    @Override
    Door of(ShedRule rule, int limit) {
      return new Counted(rule, limit) {
        @Override
        boolean isTaken(int ceiling) {
          if (usage.get() >= ceiling) {
            return false;
          }
          letOthersIn();
          usage.incrementAndGet();
          return true;
        }
      };
    }
  },

  /** Gives each priority its part of the limit, rounded up, for itself: the sum is more. */
  CEILINGS_OF_THEIR_OWN {
    @Override
    Door of(ShedRule rule, int limit) {
      var own = new ConcurrentHashMap<Priority, Door>();
      return (priority, caller) -> own.computeIfAbsent(priority, each -> new Counted(rule, limit))
          .tryEnter(priority, caller);
    }
  },

  /** Lets everybody use the whole. */
  FORGETS_PRIORITIES {
    @Override
    Door of(ShedRule rule, int limit) {
      var one = new Counted(rule, limit);
      return (priority, caller) -> one.tryEnter(Priority.CRITICAL, caller);
    }
  },

  /** Looks how many the caller has, and counts one more once it has a place. */
  COUNTS_THE_CALLER_LATER {
    @Override
    Door of(ShedRule rule, int limit) {
      return new Counted(rule, limit) {
        @Override
        boolean isWithinQuota(AtomicInteger ofCaller, int quota) {
          boolean isWithin = ofCaller.get() < quota;
          letOthersIn();
          ofCaller.incrementAndGet();
          return isWithin;
        }
      };
    }
  },

  /** Gives a place back each time that it is told to. */
  LEAVES_TWICE {
    @Override
    Door of(ShedRule rule, int limit) {
      var one = new Counted(rule, limit);
      return (priority, caller) -> {
        var leave = one.tryEnter(priority, caller);
        return leave == null
            ? null
            : () -> {
              leave.run();
              one.usage.decrementAndGet();
            };
      };
    }
  };

  abstract Door of(ShedRule rule, int limit);

  @SuppressWarnings("ThreadPriorityCheck") // makes a race likely, and nothing depends on it
  private static void letOthersIn() {
    Thread.yield();
  }

  /**
   * Counts places and callers, each for itself; right if callers are always held to their quota.
   */
  private static class Counted implements Door {

    final AtomicInteger usage = new AtomicInteger();
    private final ConcurrentMap<String, AtomicInteger> callers = new ConcurrentHashMap<>();
    private final ShedRule rule;
    private final int limit;

    Counted(ShedRule rule, int limit) {
      this.rule = rule;
      this.limit = limit;
    }

    @Override
    public final @Nullable Runnable tryEnter(Priority priority, String caller) {
      var ofCaller = callers.computeIfAbsent(caller, name -> new AtomicInteger());
      if (!isWithinQuota(ofCaller, rule.quota(limit, limit))) {
        ofCaller.decrementAndGet();
        return null;
      }
      if (!isTaken(rule.ceiling(priority, limit))) {
        ofCaller.decrementAndGet();
        return null;
      }
      return () -> {
        usage.decrementAndGet();
        ofCaller.decrementAndGet();
      };
    }

    boolean isTaken(int ceiling) {
      int before = usage.getAndUpdate(known -> known < ceiling ? known + 1 : known);
      return before < ceiling;
    }

    boolean isWithinQuota(AtomicInteger ofCaller, int quota) {
      return ofCaller.getAndIncrement() < quota;
    }
  }
}
