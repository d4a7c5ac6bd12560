package dev.scaling.resilience;

import dev.scaling.core.redis.Redis;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;

/** Shared budgets as they could have been, each with one mistake. */
enum BrokenShare {
  /** Reports successes however old they are. */
  KEEPS_OLD_SUCCESSES {
    @Override
    void set(RetryBudgetBuilder builder) {
      builder.lag = Duration.ofDays(1);
    }
  },

  /** Puts in again what it put in with a call that failed. */
  PUTS_IN_AGAIN {
    @Override
    Redis around(Redis redis) {
      var owed = new AtomicLong();
      return ScriptedPool.port(args -> {
        var all = new ArrayList<>(args);
        all.set(0, args.get(0) + owed.getAndSet(0));
        return eval(redis, all).whenComplete((reply, failure) -> {
          if (failure != null) {
            owed.addAndGet(all.get(0));
          }
        });
      });
    }
  },

  /** Takes what it wanted for taken if there is no reply. */
  COUNTS_LOST_DRAWS {
    @Override
    Redis around(Redis redis) {
      return ScriptedPool.port(
          args -> eval(redis, args).exceptionally(failure -> List.of(args.get(1))));
    }
  },

  /** Keeps what it puts in: a success counts here and there. */
  KEEPS_WHAT_IT_PUTS_IN {
    @Override
    Redis around(Redis redis) {
      return ScriptedPool.port(args -> {
        var all = new ArrayList<>(args);
        all.set(0, args.get(0) + args.get(2) - args.get(1));
        return eval(redis, all);
      });
    }
  },

  /** Lets refunds and successes fill a share without a most. */
  HAS_NO_SHARE {
    @Override
    void set(RetryBudgetBuilder builder) {
      builder.burst(10_000);
    }

    @Override
    Redis around(Redis redis) {
      return ScriptedPool.port(args -> {
        var all = new ArrayList<>(args);
        all.set(2, 25_000_000L); // the pool is as it should be
        return eval(redis, all);
      });
    }
  },

  /** Has a pool that begins full, each time that Redis has lost its memory. */
  BEGINS_FULL {
    @Override
    void set(SimulatedPool pool) {
      pool.firstMicros = 25_000_000;
    }
  },

  /** Has a pool without a most. */
  HAS_A_POOL_WITHOUT_A_MOST {
    @Override
    void set(SimulatedPool pool) {
      pool.isBounded = false;
    }
  };

  void set(RetryBudgetBuilder builder) {}

  void set(SimulatedPool pool) {}

  Redis around(Redis redis) {
    return redis;
  }

  private static CompletableFuture<List<Object>> eval(Redis redis, List<Long> args) {
    return redis
        .eval(Pool.DRAW, List.of("pool"), ScriptedPool.bytes(args), SimulatedPool.TIMEOUT)
        .thenApply(reply -> List.copyOf(reply));
  }
}
