package dev.scaling.resilience;

import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/**
 * That the throttle refuses with the probability of the formula, at each call of random loads, by a
 * list of all calls; and that no count is lost among threads.
 */
@Timeout(120)
final class ThrottleFormulaTest {

  private static final int SEEDS = 20;
  private static final int CALLS = 3_000;
  private static final int THREADS = 4;
  private static final int CALLS_A_THREAD = 20_000;
  private static final int CONTROLS = 200; // at most; one that is caught ends it

  @Test
  void dropRatio_isThatOfTheFormula() {
    for (int seed = 0; seed < SEEDS; seed++) {
      assertThat(worst(Valve::of, seed)).as("seed %d", seed).isZero();
    }
  }

  @ParameterizedTest
  @EnumSource(mode = Mode.EXCLUDE, names = "SUMS_THEN_RESETS")
  void brokenThrottle_isCaught(BrokenValve broken) {
    assertThat(worst(broken, 1)).isGreaterThan(0.1);
  }

  @Test
  void counts_areNotLostAmongThreads() throws Exception {
    for (int seed = 0; seed < 10; seed++) {
      assertThat(lost(Valve::of)).isZero();
    }
  }

  @Test
  void lostCounts_areCaught() throws Exception {
    double lost = 0;
    for (int i = 0; i < CONTROLS && lost == 0; i++) {
      lost = lost(BrokenValve.SUMS_THEN_RESETS);
    }

    assertThat(lost).isGreaterThan(0);
  }

  /** Returns by how much the ratio was off at most, over a load that is now well and now not. */
  private static double worst(Valve.Maker maker, int seed) {
    var random = new Random(seed);
    var time = new VirtualTime();
    var rule = new ThrottleRule(
        1.01 + 3 * random.nextDouble(), Duration.ofSeconds(6).toNanos(), random.nextInt(50));
    var valve = maker.of(rule, random, time.nanoTime());
    var oracle = new Oracle(rule, time.nanoTime());
    double worst = 0;
    double health = 0;
    Deque<Long> hanging = new ArrayDeque<>();
    for (int i = 0; i < CALLS; i++) {
      health = i % 500 == 0 ? random.nextDouble() : health;
      boolean isIdle = random.nextInt(1_000) == 0;
      time.advance(Duration.ofMillis(isIdle ? 5_000 : 100 + random.nextInt(20)));
      long now = time.nanoTime();
      double expected = oracle.dropRatio(now);
      boolean isAdmitted = valve.tryAdmit(now);
      worst = Math.max(worst, Math.abs(valve.dropRatio() - expected));
      oracle.requests.add(now);
      if (isAdmitted) {
        hanging.add(now + Duration.ofSeconds(2).toNanos());
      }
      while (!hanging.isEmpty() && hanging.peek() <= now) {
        hanging.remove();
        boolean isAccepted = random.nextDouble() < health;
        valve.ended(now, isAccepted);
        if (isAccepted) {
          oracle.accepts.add(now);
        }
      }
    }
    return worst;
  }

  /** Returns how far the ratio is from what it is if all calls of all threads count. */
  private static double lost(Valve.Maker maker) throws Exception {
    var rule = new ThrottleRule(/* k= */ 2, Duration.ofSeconds(60).toNanos(), 0);
    RandomGenerator always = () -> -1; // the greatest: everything is admitted
    var valve = maker.of(rule, always, /* nowNanos= */ 0);
    var clock = new AtomicLong();
    long step = Duration.ofSeconds(50).toNanos() / (THREADS * CALLS_A_THREAD); // in one window
    var start = new CyclicBarrier(THREADS);
    var threads = Executors.newFixedThreadPool(THREADS);
    try {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        all.add(threads.submit(() -> {
          start.await();
          for (int call = 0; call < CALLS_A_THREAD; call++) {
            long now = clock.addAndGet(step);
            valve.tryAdmit(now);
            valve.ended(now, call % 4 == 0);
          }
          return null;
        }));
      }
      for (Future<?> each : all) {
        each.get();
      }
    } finally {
      threads.shutdownNow();
    }
    valve.tryAdmit(Duration.ofSeconds(55).toNanos());
    long requests = (long) THREADS * CALLS_A_THREAD;
    return Math.abs(valve.dropRatio() - rule.dropRatio(requests, requests / 4));
  }

  /** All calls, each with its time. */
  private static final class Oracle {

    final Deque<Long> requests = new ArrayDeque<>();
    final Deque<Long> accepts = new ArrayDeque<>();
    private final ThrottleRule rule;
    private final long beganNanos;

    Oracle(ThrottleRule rule, long beganNanos) {
      this.rule = rule;
      this.beganNanos = beganNanos;
    }

    double dropRatio(long nowNanos) {
      return rule.dropRatio(inWindow(requests, nowNanos), inWindow(accepts, nowNanos));
    }

    private long inWindow(Deque<Long> all, long nowNanos) {
      long first = slice(nowNanos) - ThrottleRule.SLICES;
      while (!all.isEmpty() && slice(all.peek()) < first) {
        all.remove();
      }
      return all.size();
    }

    private long slice(long nanos) {
      return (nanos - beganNanos) / rule.sliceNanos();
    }
  }
}
