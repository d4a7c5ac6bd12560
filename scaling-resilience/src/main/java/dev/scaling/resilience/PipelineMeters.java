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
  private static final String REASON = "scaling.rejection.reason";

  private PipelineMeters() {}

  static void register(Telemetry telemetry, CallCounters counters, Gate gate) {
    calls(telemetry, counters);
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
        new Series(Map.of(KIND, "retry"), counters.retries::sum));
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
