package dev.scaling.jmh;

import dev.failsafe.CircuitBreaker;
import dev.failsafe.Failsafe;
import dev.failsafe.RetryPolicy;
import dev.scaling.core.RejectedException;
import dev.scaling.jmh.Line.Goal;
import dev.scaling.resilience.Resilience;
import dev.scaling.resilience.RetryBudget;
import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.retry.Retry;
import java.util.List;
import java.util.concurrent.Callable;

/**
 * What a call pays for retry, breaker and bulkhead around it, beside those of resilience4j and
 * Failsafe with their defaults.
 */
final class Pipelines {

  private static final Long VALUE = 1L;
  private static final int PLACES = 64;
  private static final double ALLOWANCE_NANOS = 60;

  private Pipelines() {}

  static List<Line> overhead(Lab lab, String id, Effort effort) throws Exception {
    var pipeline = pipeline(lab);
    Sides.Loop ours = calls -> {
      for (int i = 0; i < calls; i++) {
        LocalHits.present(pipeline.call(() -> VALUE));
      }
    };
    var composed = resilience4j();
    Sides.Loop resilience4j = calls -> {
      for (int i = 0; i < calls; i++) {
        LocalHits.present(composed.call());
      }
    };
    var executor = Failsafe.with(
        RetryPolicy.ofDefaults(), CircuitBreaker.ofDefaults(), dev.failsafe.Bulkhead.of(PLACES));
    Sides.Loop failsafe = calls -> {
      for (int i = 0; i < calls; i++) {
        LocalHits.present(executor.get(() -> VALUE));
      }
    };
    Sides.Loop clocks = calls -> {
      for (int i = 0; i < calls; i++) {
        LocalHits.present(System.nanoTime() == System.nanoTime() - 1 ? null : VALUE);
      }
    };
    var time = Duel.between(effort, Sides.nanosPerCall(ours), Sides.nanosPerCall(resilience4j));
    var second = Duel.between(effort, Sides.nanosPerCall(ours), Sides.nanosPerCall(failsafe));
    var bare = Duel.between(effort, Sides.nanosPerCall(ours), Sides.nanosPerCall(clocks));
    var bytes = Duel.between(effort, Sides.bytesPerCall(ours), Sides.bytesPerCall(resilience4j));
    return List.of(
        new Line(
            id, "success / resilience4j", "ns", time.ours(), time.peer(), Goal.ratioAtMost(0.75)),
        new Line(
            id, "success / Failsafe", "ns", second.ours(), second.peer(), Goal.ratioAtMost(0.25)),
        new Line(
            id,
            "success / two clock reads",
            "ns",
            bare.ours(),
            bare.peer(),
            Goal.addsAtMost(ALLOWANCE_NANOS)),
        new Line(
            id, "allocated / resilience4j", "B", bytes.ours(), bytes.peer(), Goal.roundsTo(0)));
  }

  /** Calls of two threads at a time, by those of one; for ours and for resilience4j. */
  static List<Line> contended(Lab lab, String id, Effort effort) throws Exception {
    var pipeline = pipeline(lab);
    var ours = slowdown(effort, () -> pipeline.call(() -> VALUE));
    var open = lab.opened(Resilience.builder("open")
        .retry(lab.opened(RetryBudget.create("open")))
        .breaker()
        .build());
    var unlimited = slowdown(effort, () -> open.call(() -> VALUE));
    var theirs = slowdown(effort, resilience4j());
    return List.of(
        new Line(id, "two threads / one", "ns", ours.ours(), ours.peer(), Goal.ratioAtMost(1.5)),
        new Line(
            id,
            "same, without the bulkhead",
            "ns",
            unlimited.ours(),
            unlimited.peer(),
            Goal.none()),
        new Line(id, "same, resilience4j", "ns", theirs.ours(), theirs.peer(), Goal.none()));
  }

  /** Refusals by an open circuit; the peer's breaker alone, without stack traces. */
  static List<Line> reject(Lab lab, String id, Effort effort) throws Exception {
    var pipeline = lab.opened(Resilience.builder("open")
        .retry(lab.opened(RetryBudget.create("open")))
        .breaker(breaker -> breaker.minimumCalls(1))
        .bulkhead(PLACES)
        .build());
    try {
      pipeline.call(() -> {
        throw new IllegalStateException("opens the circuit");
      });
    } catch (IllegalStateException e) {
      LocalHits.present(e);
    }
    var machine = io.github.resilience4j.circuitbreaker.CircuitBreaker.of(
        "open", CircuitBreakerConfig.custom().writableStackTraceEnabled(false).build());
    machine.transitionToForcedOpenState();
    Callable<Long> composed =
        machine.decorateCallable(() -> VALUE); // its retry would wait and retry
    var time = Duel.between(
        effort,
        Sides.nanosPerCall(calls -> {
          for (int i = 0; i < calls; i++) {
            LocalHits.present(refused(pipeline));
          }
        }),
        Sides.nanosPerCall(calls -> {
          for (int i = 0; i < calls; i++) {
            LocalHits.present(refused(composed));
          }
        }));
    return List.of(
        new Line(id, "refusal / resilience4j", "ns", time.ours(), time.peer(), Goal.atMost(100)));
  }

  private static Resilience pipeline(Lab lab) {
    return lab.opened(Resilience.builder("bench")
        .retry(lab.opened(RetryBudget.create("bench")))
        .breaker()
        .bulkhead(PLACES)
        .build());
  }

  private static Callable<Long> resilience4j() {
    var breaker = io.github.resilience4j.circuitbreaker.CircuitBreaker.ofDefaults("bench");
    var bulkhead = Bulkhead.ofDefaults("bench");
    return Retry.decorateCallable(
        Retry.ofDefaults("bench"),
        breaker.decorateCallable(Bulkhead.decorateCallable(bulkhead, () -> VALUE)));
  }

  /** Returns the nanoseconds of a call by each of two threads, and by one alone. */
  private static Duel slowdown(Effort effort, Callable<Long> call) throws Exception {
    Sides.Call one = number -> LocalHits.present(call.call());
    var perSecond =
        Duel.between(effort, Sides.callsPerSecond(2, one), Sides.callsPerSecond(1, one));
    return new Duel(2e9 / perSecond.ours(), 1e9 / perSecond.peer());
  }

  private static Object refused(Resilience pipeline) throws Exception {
    try {
      return pipeline.call(() -> VALUE);
    } catch (RejectedException e) {
      return e;
    }
  }

  private static Object refused(Callable<Long> composed) throws Exception {
    try {
      return composed.call();
    } catch (CallNotPermittedException e) {
      return e;
    }
  }
}
