package dev.scaling.resilience;

import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.testkit.VirtualTime;
import java.time.Duration;
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
 * That hedges are at most the share of the first attempts, and the burst where something came in
 * before, at each moment of many schedules of threads; and that no token is lost or made by the
 * other budget's refusals. Two schedules run one after the other on each budget, and the second
 * counts from where the first has ended. A first attempt is counted before the budget hears of it,
 * a hedge after it was granted; so what is compared is never more than what is claimed.
 */
@Timeout(120)
final class HedgeBudgetBoundTest {

  private static final int THREADS = 3;
  private static final int STEPS = 60;
  private static final int SCHEDULES = 10_000;
  private static final int CONTROLS = 20_000; // at most; one that is caught ends it
  private static final int BURST = 2;
  private static final int ROOM = 1_000; // a burst that nothing exceeds
  private static final int FIRSTS_A_TOKEN = 10;
  private static final Duration TTL = Duration.ofSeconds(10);
  private static final long STEP_NANOS = TTL.toNanos() / 100;

  private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);
  private final VirtualTime time = new VirtualTime();
  private final RetryBudget rich = retries();
  private final RetryBudget poor = retries();

  HedgeBudgetBoundTest() {
    while (poor.tryWithdraw(RetryBudget.TRANSIENT) != null) {
      // until it has nothing left
    }
  }

  @AfterEach
  void shutdown() {
    threads.shutdownNow();
  }

  @Test
  void shippedBudget_holdsItsBound_atEachMoment() throws Exception {
    long granted = 0;
    for (int i = 0; i < SCHEDULES; i += 2) {
      var purse = HedgePurse.of(budget(BURST), rich, poor);
      for (int seed = i; seed < i + 2; seed++) {
        var schedule = new Schedule(purse, seed, seed > i ? BURST : 0, STEP_NANOS);
        schedule.run();
        assertThat(schedule.worst.get()).as("schedule %d", seed).isNotPositive();
        granted += schedule.granted.get();
      }
    }
    assertThat(granted).as("hedges that were granted").isGreaterThan(2L * SCHEDULES);
  }

  @Test
  void shippedBudget_losesNoToken_whenTheOtherRefuses() throws Exception {
    for (int seed = 0; seed < SCHEDULES / 10; seed++) {
      assertThat(lost(HedgePurse.of(budget(ROOM), rich, poor), seed)).isZero();
    }
  }

  @ParameterizedTest
  @EnumSource
  void brokenBudget_isCaught(BrokenHedgePurse broken) throws Exception {
    boolean isCaught = false;
    for (int i = 0; i < CONTROLS && !isCaught; i += 2) {
      var purse = broken.of(BURST, FIRSTS_A_TOKEN);
      for (int seed = i; seed < i + 2; seed++) {
        var schedule = new Schedule(purse, seed, seed > i ? BURST : 0, STEP_NANOS);
        schedule.run();
        isCaught |= schedule.worst.get() > 0;
      }
      isCaught |= lost(broken.of(ROOM, FIRSTS_A_TOKEN), i) != 0;
    }
    assertThat(isCaught).isTrue();
  }

  /**
   * Returns how many hedges fewer were paid for than first attempts have paid; time stands still.
   */
  private long lost(HedgePurse purse, int seed) throws Exception {
    var schedule = new Schedule(purse, seed, 0, 0);
    schedule.run();
    long granted = schedule.granted.get();
    while (granted <= ROOM && purse.tryHedge(true, 0)) {
      granted++;
    }
    return schedule.firsts.get() / FIRSTS_A_TOKEN - granted;
  }

  private RetryBudget retries() {
    return RetryBudget.builder("bound")
        .burst(100)
        .inFlightMinimum(1_000)
        .time(time)
        .build();
  }

  private static HedgeBudget budget(int burst) {
    return new HedgeBudget(1.0 / FIRSTS_A_TOKEN, burst, TTL, 0);
  }

  /** Threads that send first attempts and hedges at random. */
  private final class Schedule {

    final AtomicLong granted = new AtomicLong();
    final AtomicLong firsts = new AtomicLong();
    final AtomicLong worst = new AtomicLong(Long.MIN_VALUE); // by how much the bound is exceeded
    private final HedgePurse purse;
    private final long seed;
    private final long before; // tokens that may be there
    private final long stepNanos;
    private final AtomicLong nowNanos;
    private final CyclicBarrier start = new CyclicBarrier(THREADS);

    Schedule(HedgePurse purse, long seed, long before, long stepNanos) {
      this.purse = purse;
      this.seed = seed;
      this.before = before;
      this.stepNanos = stepNanos;
      nowNanos = new AtomicLong(before == 0 ? 0 : THREADS * STEPS * stepNanos);
    }

    void run() throws Exception {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        var random = new Random(seed * THREADS + i);
        all.add(threads.submit(() -> {
          start.await();
          for (int step = 0; step < STEPS; step++) {
            step(random, nowNanos.addAndGet(stepNanos));
          }
          return null;
        }));
      }
      for (Future<?> each : all) {
        each.get();
      }
    }

    private void step(Random random, long now) {
      if (random.nextInt(5) > 0) {
        firsts.incrementAndGet();
        purse.first(now);
      } else if (purse.tryHedge(random.nextInt(4) > 0, now)) {
        granted.incrementAndGet();
        long sent = granted.get() * FIRSTS_A_TOKEN; // read first: the other only grows
        worst.accumulateAndGet(sent - before * FIRSTS_A_TOKEN - firsts.get(), Math::max);
      }
    }
  }
}
