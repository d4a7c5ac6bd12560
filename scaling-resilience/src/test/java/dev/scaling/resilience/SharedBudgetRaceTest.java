package dev.scaling.resilience;

import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.core.redis.Redis;
import dev.scaling.testkit.LogCapture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Two instances, and threads that use both at once, while replies come in: failed retries never
 * cost more than what came in, in millionths of tokens. Time passes with each look at a Redis that
 * answers at once, on the thread that asked.
 */
@Timeout(120)
final class SharedBudgetRaceTest {

  private static final int THREADS = 3;
  private static final int STEPS = 60;
  private static final int SCHEDULES = 5_000;
  private static final int TOKEN = 1_000_000;
  private static final int SUCCESS = TOKEN / 2;
  private static final int MOST_IN_POOL = 5 * TOKEN;

  private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);
  private final PassingTime time = new PassingTime();
  private final LogCapture log = new LogCapture(RetryBudget.class);

  @AfterEach
  void shutdown() {
    threads.shutdownNow();
    log.close();
  }

  @Test
  void shippedBudget_holdsItsBound_atEachMoment() throws Exception {
    long granted = 0;
    long calls = 0;
    for (int seed = 0; seed < SCHEDULES; seed++) {
      var schedule = new Schedule(seed, null);
      schedule.run();
      assertThat(schedule.worst.get()).as("schedule %d", seed).isNotPositive();
      granted += schedule.granted.get();
      calls += schedule.calls.get();
    }
    assertThat(granted).as("retries that were granted").isGreaterThan(2L * SCHEDULES);
    assertThat(calls).as("calls to Redis").isGreaterThan(SCHEDULES);
  }

  @Test
  void budgetThatKeepsWhatItPutsIn_isCaught() throws Exception {
    boolean isCaught = false;
    for (int seed = 0; seed < SCHEDULES && !isCaught; seed++) {
      var schedule = new Schedule(seed, BrokenShare.KEEPS_WHAT_IT_PUTS_IN);
      schedule.run();
      isCaught = schedule.worst.get() > 0;
    }
    assertThat(isCaught).isTrue();
  }

  /** Threads that call, retry, succeed and fail at random. */
  private final class Schedule {

    final AtomicLong granted = new AtomicLong();
    final AtomicLong calls = new AtomicLong();
    final AtomicLong worst = new AtomicLong(Long.MIN_VALUE); // by how much the bound is exceeded
    private final AtomicLong pool = new AtomicLong();
    private final AtomicLong successes = new AtomicLong();
    private final AtomicLong outstanding = new AtomicLong();
    private final AtomicBoolean closed = new AtomicBoolean();
    private final CyclicBarrier start = new CyclicBarrier(THREADS);
    private final long seed;
    private final RetryBudget[] budgets = new RetryBudget[2];

    Schedule(long seed, @Nullable BrokenShare mistake) {
      this.seed = seed;
      for (int i = 0; i < budgets.length; i++) {
        budgets[i] = RetryBudget.builder("race")
            .shared(mistake == null ? redis() : mistake.around(redis()))
            .instances(budgets.length)
            .burst(10)
            .ratio(0.5)
            .inFlightMinimum(1_000)
            .time(time)
            .build();
      }
    }

    void run() throws Exception {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        var random = new Random(seed * THREADS + i);
        all.add(threads.submit(() -> {
          start.await();
          for (int step = 0; step < STEPS; step++) {
            step(random);
          }
          return null;
        }));
      }
      for (Future<?> each : all) {
        each.get();
      }
    }

    private Redis redis() {
      return ScriptedPool.port(args -> {
        calls.incrementAndGet();
        long known = pool.get();
        long all = Math.min(MOST_IN_POOL, known + args.get(0));
        long taken = Math.min(args.get(1), all);
        return pool.compareAndSet(known, all - taken)
            ? CompletableFuture.completedFuture(List.of(taken))
            : CompletableFuture.failedFuture(new IllegalStateException("another was first"));
      });
    }

    private void step(Random random) {
      var budget = budgets[random.nextInt(budgets.length)];
      if (random.nextInt(3) > 0) {
        successes.addAndGet(SUCCESS);
        budget.begin();
        budget.end(/* isFirstSuccess= */ true);
        return;
      }
      time.pass(Duration.ofSeconds(random.nextInt(4) * 5L));
      if (random.nextInt(100) == 0 && !closed.getAndSet(true)) {
        budget.close();
      }
      var withdrawal = budget.tryWithdraw(RetryBudget.TRANSIENT);
      if (withdrawal == null) {
        return;
      }
      granted.incrementAndGet();
      outstanding.addAndGet(TOKEN);
      look();
      if (random.nextInt(4) == 0) {
        outstanding.addAndGet(-TOKEN);
        withdrawal.succeeded();
      } else {
        withdrawal.failed();
      }
    }

    private void look() {
      long cost = outstanding.get(); // read first: the other only grows
      worst.accumulateAndGet(cost - successes.get(), Math::max);
    }
  }
}
