package dev.scaling.resilience;

import dev.scaling.core.telemetry.Telemetry;
import dev.scaling.core.telemetry.Telemetry.Series;
import dev.scaling.resilience.CallRejectedException.Reason;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.State;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.StateTransition;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/** The instruments of a pipeline; docs/resilience.md lists them. */
final class PipelineMeters {

  private static final String KIND = "scaling.attempt.kind";
  private static final String OUTCOME = "scaling.outcome";
  private static final String REASON = "scaling.rejection.reason";

  private PipelineMeters() {}

  static void register(Telemetry telemetry, Resilience pipeline) {
    var gate = pipeline.gate;
    calls(telemetry, pipeline.counters);
    amplification(telemetry, pipeline);
    if (pipeline.hedge != null) {
      hedges(telemetry, pipeline, pipeline.hedge);
    }
    if (pipeline.throttle.throttle != null) {
      ThrottleMeters.register(telemetry, pipeline.throttle.throttle);
    }
    if (gate.breaker != null) {
      breaker(telemetry, gate.breaker);
    }
    if (gate.slots != null) {
      bulkhead(telemetry, gate.slots);
    }
  }

  private static void calls(Telemetry telemetry, CallCounters counters) {
    telemetry.counter(
        "scaling.call.attempts",
        "{attempt}",
        "Attempts, by why they were made",
        new Series(
            Map.of(KIND, "initial"), () -> counters.calls.sum() - counters.callsRefused.sum()),
        new Series(Map.of(KIND, "retry"), counters.retries::sum),
        new Series(Map.of(KIND, "hedge"), counters::hedges));
    telemetry.counter(
        "scaling.call.successes",
        "{call}",
        "Calls that succeeded, by whichever attempt",
        new Series(Map.of(), counters.successes::sum));
    telemetry.counter(
        "scaling.call.timeouts",
        "{attempt}",
        "Attempts that were given up at their timeout",
        new Series(Map.of(), counters.timeouts::sum));
    telemetry.counter(
        "scaling.call.deadlines",
        "{call}",
        "Calls that were ended by their deadline",
        new Series(Map.of(), counters.deadlines::sum));
    telemetry.counter(
        "scaling.call.fallbacks",
        "{call}",
        "Calls that failed, and returned what their fallback gave",
        new Series(Map.of(), counters.fallbacks::sum));
    telemetry.counter(
        "scaling.call.rejections",
        "{rejection}",
        "Attempts that were not made, by why",
        Stream.concat(
                Stream.of(Reason.values())
                    .map(reason ->
                        new Series(Map.of(REASON, reason.metric), counters.refused(reason)::sum)),
                Stream.of(
                    new Series(Map.of(REASON, "budget"), counters.refusedByBudget::sum),
                    new Series(Map.of(REASON, "deadline"), counters.refusedByDeadline::sum)))
            .toArray(Series[]::new));
  }

  private static void amplification(Telemetry telemetry, Resilience pipeline) {
    telemetry.gauge(
        "scaling.call.amplification",
        "1",
        "Attempts a call since the start, on average",
        pipeline.counters::amplification);
    telemetry.gauge(
        "scaling.call.amplification.limit",
        "1",
        "Attempts a call at most, on average, if they fail independently",
        pipeline::amplificationBound);
  }

  private static void hedges(Telemetry telemetry, Resilience pipeline, HedgeRule rule) {
    var counters = pipeline.counters;
    telemetry.counter(
        "scaling.hedges",
        "{hedge}",
        "Hedges, by what became of them",
        new Series(Map.of(OUTCOME, "won"), counters.hedgesWon::sum),
        new Series(Map.of(OUTCOME, "lost"), counters.hedgesLost::sum),
        new Series(Map.of(OUTCOME, "suppressed"), counters.hedgesSuppressed::sum));
    telemetry.gauge(
        "scaling.hedge.delay",
        "s",
        "After which time a hedge is sent; 0 while that is not known",
        () -> {
          long delay = rule.delayNanos(pipeline.latencies(pipeline.time.nanoTime()));
          return delay == Long.MAX_VALUE ? 0 : delay / 1e9;
        });
  }

  private static void breaker(Telemetry telemetry, Breaker breaker) {
    telemetry.upDownCounter(
        "scaling.circuit_breaker.count",
        "{breaker}",
        "Breakers, by the state of their circuit",
        Stream.of(State.values())
            .map(state -> new Series(
                Map.of("scaling.circuit_breaker.state", word(state)),
                () -> breaker.state() == state ? 1 : 0))
            .toArray(Series[]::new));
    telemetry.counter(
        "scaling.circuit_breaker.transitions",
        "{transition}",
        "Changes of a circuit's state",
        Stream.of(
                StateTransition.CLOSED_TO_OPEN,
                StateTransition.OPEN_TO_HALF_OPEN,
                StateTransition.HALF_OPEN_TO_OPEN,
                StateTransition.HALF_OPEN_TO_CLOSED)
            .map(each -> new Series(
                Map.of(
                    "scaling.circuit_breaker.from", word(each.getFromState()),
                    "scaling.circuit_breaker.to", word(each.getToState())),
                breaker.count(each)::sum))
            .toArray(Series[]::new));
  }

  private static void bulkhead(Telemetry telemetry, Slots slots) {
    telemetry.upDownCounter(
        "scaling.bulkhead.usage",
        "{attempt}",
        "Attempts under way",
        new Series(Map.of(), slots::usage));
    telemetry.upDownCounter(
        "scaling.bulkhead.limit",
        "{attempt}",
        "How many attempts may be under way",
        new Series(Map.of(), slots::limit));
    telemetry.gauge(
        "scaling.bulkhead.utilization",
        "1",
        "Usage by limit",
        () -> (double) slots.usage() / slots.limit());
  }

  private static String word(State state) {
    return state.name().toLowerCase(Locale.ROOT);
  }
}
