package dev.scaling.resilience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.scaling.core.internal.Handover;
import dev.scaling.testkit.VirtualTime;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.State;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Random schedules of attempts that begin and end in any order, against what a breaker promises.
 */
final class BreakerScheduleTest {

  private static final int PROBES = 3;
  private static final int SCHEDULES = 2_000;

  @Test
  void circuit_closesOnlyByItsOwnProbes_andLetsNoMoreOfThemThrough() {
    IntStream.range(0, SCHEDULES).forEach(seed -> new Schedule(seed, Flaw.NONE).run());
  }

  @Test
  void control_outcomesOfOtherPhases_areNoticed() {
    assertNoticed(Flaw.STALE_OUTCOMES_COUNT);
  }

  @Test
  void control_permitsThatAreNotTaken_areNoticed() {
    assertNoticed(Flaw.PROBES_WITHOUT_A_PERMIT);
  }

  @Test
  void threadsAtOnce_getNoMoreProbesThanThereAre_andOthersOutcomesChangeNothing() throws Exception {
    var threads = Executors.newFixedThreadPool(4);
    try {
      for (int round = 0; round < 500; round++) {
        atOnce(threads, round);
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private static void atOnce(ExecutorService threads, int round) throws Exception {
    var schedule = new Schedule(round, Flaw.NONE);
    var stale = schedule.breaker.tryAcquire(0);
    for (int i = 0; i < 4; i++) {
      schedule.breaker.failed(schedule.breaker.tryAcquire(0), 0, new IOException());
    }
    schedule.time.advance(Duration.ofSeconds(1));
    long now = schedule.time.nanoTime();
    var together = new CyclicBarrier(4);
    var probes = new AtomicInteger();
    List<Future<?>> all = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      all.add(threads.submit(() -> {
        together.await();
        for (int k = 0; k < 3; k++) {
          schedule.breaker.succeeded(stale, now);
          var permit = schedule.breaker.tryAcquire(now);
          if (permit != null && !permit.isShared()) {
            assertThat(probes.incrementAndGet()).isLessThanOrEqualTo(PROBES);
            assertThat(schedule.breaker.state()).isEqualTo(State.HALF_OPEN);
          }
        }
        return null;
      }));
    }
    for (Future<?> one : all) {
      one.get();
    }
    assertThat(probes).hasValue(PROBES);
    assertThat(schedule.breaker.state()).isEqualTo(State.HALF_OPEN);
  }

  private static void assertNoticed(Flaw flaw) {
    assertThatThrownBy(
            () -> IntStream.range(0, 1_000).forEach(seed -> new Schedule(seed, flaw).run()))
        .isInstanceOf(AssertionError.class);
  }

  private enum Flaw {
    NONE,
    STALE_OUTCOMES_COUNT,
    PROBES_WITHOUT_A_PERMIT
  }

  /** An attempt under way, and the phase that it began in. */
  private record Try(Permit permit, int phase) {}

  private static final class Schedule {

    private final int seed;
    private final Flaw flaw;
    private final Random random;
    private final VirtualTime time = new VirtualTime();
    private final Breaker breaker;
    private final List<Try> underWay = new ArrayList<>();
    private int phase; // counted by each change of the state that is seen
    private State state = State.CLOSED;
    private int wellEnded; // probes of this phase
    private int ended;

    Schedule(int seed, Flaw flaw) {
      this.seed = seed;
      this.flaw = flaw;
      random = new Random(seed);
      var settings = new BreakerBuilder()
          .minimumCalls(4)
          .probes(PROBES)
          .openWait(Duration.ofSeconds(1), Duration.ofSeconds(1))
          .longestProbe(Duration.ofHours(1));
      breaker = Breaker.of(
          "b", settings, time, random, new PipelineLog("b", time, new Handover("b", ended -> {})));
    }

    void run() {
      for (int i = 0; i < 60; i++) {
        switch (random.nextInt(8)) {
          case 0, 1, 2 -> begin();
          case 3 -> end(true);
          case 4, 5 -> end(false);
          case 6 -> cancel();
          default -> time.advance(Duration.ofMillis(random.nextInt(1_500)));
        }
        look();
      }
    }

    private void begin() {
      var permit = breaker.tryAcquire(time.nanoTime());
      look();
      if (permit == null && flaw == Flaw.PROBES_WITHOUT_A_PERMIT && state == State.HALF_OPEN) {
        permit = Permit.NONE;
      }
      if (permit != null) {
        underWay.add(new Try(permit, phase));
        long probes = underWay.stream().filter(each -> each.phase == phase).count();
        if (state == State.HALF_OPEN) {
          assertThat(probes + ended).as("seed %d: probes", seed).isLessThanOrEqualTo(PROBES);
        }
      }
    }

    private void end(boolean isWell) {
      if (underWay.isEmpty()) {
        return;
      }
      var one = underWay.remove(random.nextInt(underWay.size()));
      var permit = one.permit;
      if (flaw == Flaw.STALE_OUTCOMES_COUNT && state == State.HALF_OPEN && one.phase != phase) {
        var current = breaker.tryAcquire(time.nanoTime());
        permit = current == null ? permit : current;
      }
      if (state == State.HALF_OPEN && one.phase == phase) {
        ended++;
        wellEnded += isWell ? 1 : 0;
      }
      if (isWell) {
        breaker.succeeded(permit, time.nanoTime());
      } else {
        breaker.failed(permit, time.nanoTime(), new IOException());
      }
    }

    private void cancel() {
      if (!underWay.isEmpty()) {
        breaker.released(underWay.remove(random.nextInt(underWay.size())).permit);
      }
    }

    /** Looks whether the state has changed, and whether it should have. */
    private void look() {
      var now = breaker.state();
      if (state == State.HALF_OPEN) {
        var should = ended < PROBES ? state : wellEnded >= 2 ? State.CLOSED : State.OPEN;
        assertThat(now)
            .as("seed %d: %d of %d ended well", seed, wellEnded, ended)
            .isEqualTo(should);
      }
      if (now != state) {
        state = now;
        phase++;
        ended = 0;
        wellEnded = 0;
      }
    }
  }
}
