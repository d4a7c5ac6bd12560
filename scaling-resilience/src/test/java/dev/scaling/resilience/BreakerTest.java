package dev.scaling.resilience;

import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.core.internal.Handover;
import dev.scaling.testkit.VirtualTime;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.State;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** When the circuit opens, what goes through while it is half open, and what counts. */
final class BreakerTest {

  private static final Duration WAIT = Duration.ofSeconds(5);
  private static final Duration PROBE = Duration.ofSeconds(30);

  private final VirtualTime time = new VirtualTime();
  private final Random random = new Random(1);
  private final PipelineLog log = new PipelineLog("orders", time, new Handover("t", Runnable::run));
  private final Breaker breaker = breaker(settings -> {});

  @AfterEach
  void nothingLeaks() {
    time.advance(PROBE);
    assertThat(time.pending()).isZero();
  }

  @Test
  void circuit_opensOnceHalfOfTheAttemptsFail_andEnoughHaveEnded() {
    attempts(breaker, 10, true);
    attempts(breaker, 9, false);
    assertThat(breaker.state()).isEqualTo(State.CLOSED);
    attempts(breaker, 1, false);

    assertThat(breaker.state()).isEqualTo(State.OPEN);
    assertThat(acquire(breaker)).isNull();
    assertThat(breaker.refusesFor(time.nanoTime())).isBetween(WAIT.dividedBy(2), WAIT);
  }

  @Test
  void fewAttempts_sayNothing() {
    attempts(breaker, 19, false);

    assertThat(breaker.state()).isEqualTo(State.CLOSED);
  }

  @Test
  void outcomesOfLongAgo_countNoMore() {
    attempts(breaker, 19, false);
    time.advance(Duration.ofSeconds(11));
    attempts(breaker, 19, false);
    assertThat(breaker.state()).isEqualTo(State.CLOSED);

    time.advance(Duration.ofSeconds(5));
    attempts(breaker, 1, false);
    assertThat(breaker.state()).isEqualTo(State.OPEN);
  }

  @Test
  void probes_closeTheCircuit() {
    open(breaker);
    time.advance(WAIT);
    var probes = List.of(acquire(breaker), acquire(breaker), acquire(breaker));
    assertThat(acquire(breaker)).isNull();

    probes.forEach(probe -> breaker.succeeded(probe, time.nanoTime()));

    assertThat(breaker.state()).isEqualTo(State.CLOSED);
    attempts(breaker, 19, false); // those from before are forgotten
    assertThat(breaker.state()).isEqualTo(State.CLOSED);
  }

  @Test
  void probesThatFail_openItAgain_forTwiceAsLong_upToTheLongest() {
    open(breaker);
    for (long ceiling : new long[] {5, 10, 20, 40, 60, 60}) {
      var least = Duration.ofMillis(ceiling * 500 - 1);
      assertThat(breaker.refusesFor(time.nanoTime())).isBetween(least, Duration.ofSeconds(ceiling));
      time.advance(Duration.ofSeconds(ceiling));
      attempts(breaker, 3, false);
      assertThat(breaker.state()).isEqualTo(State.OPEN);
    }
  }

  @Test
  void waits_areSpreadEvenly() {
    var waits = DoubleStream.generate(() -> {
          var one = breaker(settings -> {});
          open(one);
          return one.refusesFor(time.nanoTime()).toMillis() / 5_000.0;
        })
        .limit(1_000)
        .sorted()
        .toArray();

    // Kolmogorov-Smirnov against the uniform distribution on [0.5, 1]: 1.63 / sqrt(n) at 1 %
    double distance = IntStream.range(0, 1_000)
        .mapToDouble(i -> Math.abs((i + 0.5) / 1_000 - (waits[i] - 0.5) * 2))
        .max()
        .orElseThrow();
    assertThat(distance).isLessThan(0.0515);
  }

  @Test
  void outcomeFromBeforeItOpened_neverClosesAHalfOpenCircuit() {
    var stale = List.of(acquire(breaker), acquire(breaker), acquire(breaker));
    open(breaker);
    time.advance(WAIT);
    var probe = acquire(breaker);

    stale.forEach(permit -> breaker.succeeded(permit, time.nanoTime()));

    assertThat(breaker.state()).isEqualTo(State.HALF_OPEN);
    breaker.released(probe);
  }

  @Test
  void control_resilience4jAlone_isClosedByOutcomesFromBefore() {
    var machine = CircuitBreaker.of("alone", machineConfig().build());
    var wrapped = Breaker.of(machine, time, log);
    var stale = List.of(acquire(wrapped), acquire(wrapped), acquire(wrapped));
    machine.transitionToOpenState();
    machine.transitionToHalfOpenState();

    stale.forEach(permit -> wrapped.succeeded(permit, time.nanoTime()));
    assertThat(machine.getState()).isEqualTo(State.HALF_OPEN);

    stale.forEach(permit -> machine.onSuccess(1, machine.getTimestampUnit()));
    assertThat(machine.getState()).isEqualTo(State.CLOSED);
  }

  @Test
  void probeOfAnEarlierHalfOpenPhase_doesNotCount() {
    open(breaker);
    time.advance(WAIT);
    var stale = acquire(breaker);
    attempts(breaker, 2, false); // two of three
    assertThat(breaker.state()).isEqualTo(State.HALF_OPEN);
    breaker.failed(stale, time.nanoTime(), new IOException("failed"));
    assertThat(breaker.state()).isEqualTo(State.OPEN);
    time.advance(WAIT.multipliedBy(2));
    var probes = List.of(acquire(breaker), acquire(breaker), acquire(breaker));

    breaker.failed(stale, time.nanoTime(), new IOException("failed"));
    breaker.failed(stale, time.nanoTime(), new IOException("failed"));
    probes.forEach(probe -> breaker.succeeded(probe, time.nanoTime()));

    assertThat(breaker.state()).isEqualTo(State.CLOSED);
  }

  @Test
  void probesThatHang_countAsFailed_soThatItIsNeverStuck() {
    open(breaker);
    time.advance(WAIT);
    var hanging = List.of(acquire(breaker), acquire(breaker), acquire(breaker));
    assertThat(acquire(breaker)).isNull();

    time.advance(PROBE);

    assertThat(breaker.state()).isEqualTo(State.OPEN);
    hanging.forEach(probe -> breaker.succeeded(probe, time.nanoTime()));
    assertThat(breaker.state()).isEqualTo(State.OPEN);
  }

  @Test
  void probesThatAreCancelled_giveTheirPermitBack() {
    open(breaker);
    time.advance(WAIT);
    for (int i = 0; i < 100; i++) {
      breaker.released(acquire(breaker));
      breaker.failed(acquire(breaker), time.nanoTime(), new CancellationException());
      breaker.failed(acquire(breaker), time.nanoTime(), new AssertionError());
    }

    attempts(breaker, 3, true);

    assertThat(breaker.state()).isEqualTo(State.CLOSED);
  }

  @Test
  void whatIsNoFailure_countsAsSuccess_andAClassifierThatThrows_asFailure() {
    var picky = breaker(settings -> settings.minimumCalls(1).failure(thrown -> {
      if (thrown instanceof IllegalStateException) {
        throw new IllegalArgumentException("in the classifier");
      }
      return false;
    }));
    attempts(picky, 30, false);
    assertThat(picky.state()).isEqualTo(State.CLOSED);

    for (int i = 0; i < 30; i++) {
      picky.failed(acquire(picky), time.nanoTime(), new IllegalStateException());
    }
    assertThat(picky.state()).isEqualTo(State.OPEN);
  }

  @Test
  void breakerOfTheUser_isToldOfEachOutcome_andObeyed() {
    var machine = CircuitBreaker.of("mine", machineConfig().build());
    var wrapped = Breaker.of(machine, time, log);
    attempts(wrapped, 5, true);
    attempts(wrapped, 4, false);
    wrapped.released(acquire(wrapped));
    assertThat(machine.getMetrics().getNumberOfFailedCalls()).isEqualTo(4);
    assertThat(machine.getMetrics().getNumberOfSuccessfulCalls()).isEqualTo(5);

    attempts(wrapped, 1, false);
    assertThat(acquire(wrapped)).isNull();
    machine.transitionToForcedOpenState();
    assertThat(wrapped.state()).isEqualTo(State.FORCED_OPEN);
    assertThat(acquire(wrapped)).isNull();
    machine.transitionToDisabledState();
    assertThat(acquire(wrapped)).isNotNull();
    machine.reset();
    assertThat(wrapped.state()).isEqualTo(State.CLOSED);
  }

  @Test
  void predicateOfTheUsersBreakerThatThrows_losesNoPermit() {
    var machine = CircuitBreaker.of(
        "mine",
        machineConfig()
            .recordException(thrown -> {
              throw new IllegalStateException("in the predicate");
            })
            .build());
    var wrapped = Breaker.of(machine, time, log);
    machine.transitionToOpenState();
    machine.transitionToHalfOpenState();
    var failures = new ArrayList<Throwable>();
    for (int i = 0; i < 10; i++) {
      var failure = new IOException("failed");
      wrapped.failed(acquire(wrapped), time.nanoTime(), failure);
      failures.add(failure);
    }

    assertThat(failures).allSatisfy(each -> assertThat(each.getSuppressed()).hasSize(1));
    attempts(wrapped, 3, true);
    assertThat(machine.getState()).isEqualTo(State.CLOSED);
  }

  private static CircuitBreakerConfig.Builder machineConfig() {
    return CircuitBreakerConfig.custom()
        .slidingWindowSize(10)
        .minimumNumberOfCalls(10)
        .permittedNumberOfCallsInHalfOpenState(3);
  }

  private Breaker breaker(Consumer<BreakerBuilder> settings) {
    var builder = new BreakerBuilder();
    settings.accept(builder);
    return Breaker.of("orders", builder, time, random, log);
  }

  private Permit acquire(Breaker from) {
    return from.tryAcquire(time.nanoTime());
  }

  private void open(Breaker one) {
    attempts(one, 20, false);
    assertThat(one.state()).isEqualTo(State.OPEN);
  }

  private void attempts(Breaker one, int count, boolean succeed) {
    for (int i = 0; i < count; i++) {
      var permit = acquire(one);
      if (succeed) {
        one.succeeded(permit, time.nanoTime());
      } else {
        one.failed(permit, time.nanoTime(), new IOException("failed"));
      }
    }
  }
}
