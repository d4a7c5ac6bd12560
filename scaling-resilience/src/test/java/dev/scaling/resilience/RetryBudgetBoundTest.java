package dev.scaling.resilience;

import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.testkit.VirtualTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * That failed retries cost at most the burst and the ratio of the successes, at each moment of many
 * schedules of threads. Two run one after the other on each budget, and the second counts from
 * where the first has ended: what came in before may not be more than the burst then. A success is
 * counted before the budget hears of it, a retry after it was granted and until before it is
 * refunded; so what is compared is never more than what is claimed.
 */
@Timeout(120)
final class RetryBudgetBoundTest {

  private static final int THREADS = 3;
  private static final int STEPS = 60;
  private static final int SCHEDULES = 10_000;
  private static final int CONTROLS = 20_000; // at most; one that is caught ends it
  private static final int BURST = 2;
  private static final int CALLS_A_TOKEN = 10;

  private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);
  private final VirtualTime time = new VirtualTime();

  @AfterEach
  void shutdown() {
    threads.shutdownNow();
  }

  @Test
  void shippedBudget_holdsItsBound_atEachMoment() throws Exception {
    long granted = 0;
    for (int i = 0; i < SCHEDULES; i += 2) {
      var purse = Purse.of(budget());
      for (int seed = i; seed < i + 2; seed++) {
        var schedule = new Schedule(purse, seed);
        schedule.run();
        assertThat(schedule.worst.get()).as("schedule %d", seed).isNotPositive();
        granted += schedule.granted.get();
      }
    }
    assertThat(granted).as("retries that were granted").isGreaterThan(2L * SCHEDULES);
  }

  @ParameterizedTest
  @EnumSource
  void brokenBudget_isCaught(BrokenPurse broken) throws Exception {
    boolean isCaught = false;
    for (int i = 0; i < CONTROLS && !isCaught; i += 2) {
      var purse = broken.of(BURST, CALLS_A_TOKEN);
      for (int seed = i; seed < i + 2; seed++) {
        var schedule = new Schedule(purse, seed);
        schedule.run();
        isCaught |= schedule.worst.get() > 0;
      }
    }
    assertThat(isCaught).isTrue();
  }

  private RetryBudget budget() {
    return RetryBudget.builder("bound")
        .ratio(1.0 / CALLS_A_TOKEN)
        .burst(BURST)
        .inFlightMinimum(1_000)
        .time(time)
        .build();
  }

  /** Threads that call, retry, succeed and fail at random. */
  private final class Schedule {

    final AtomicLong granted = new AtomicLong();
    final AtomicLong worst = new AtomicLong(Long.MIN_VALUE); // by how much the bound is exceeded
    private final Purse purse;
    private final long seed;
    private final AtomicLong successes = new AtomicLong();
    private final AtomicLong outstanding = new AtomicLong();
    private final CyclicBarrier start = new CyclicBarrier(THREADS);

    Schedule(Purse purse, long seed) {
      this.purse = purse;
      this.seed = seed;
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

    private void step(Random random) {
      if (random.nextInt(3) > 0) {
        successes.incrementAndGet();
        purse.succeeded();
        return;
      }
      var paid = purse.tryPay();
      if (paid == null) {
        return;
      }
      granted.incrementAndGet();
      outstanding.incrementAndGet();
      look();
      boolean isSuccess = random.nextInt(4) == 0;
      if (isSuccess) {
        outstanding.decrementAndGet();
      }
      paid.ended(isSuccess);
    }

    private void look() {
      long cost = outstanding.get() * CALLS_A_TOKEN; // read first: the other only grows
      long paidIn = BURST * CALLS_A_TOKEN + successes.get();
      worst.accumulateAndGet(cost - paidIn, Math::max);
    }
  }
}
