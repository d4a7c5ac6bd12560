package dev.scaling.resilience;

import dev.scaling.core.telemetry.Telemetry;
import dev.scaling.core.telemetry.Telemetry.Series;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** What a pipeline counts; docs/resilience.md lists it. */
final class CallCounters {

  private static final String KIND = "scaling.attempt.kind";
  private static final String REASON = "scaling.rejection.reason";

  final LongAdder calls = new LongAdder();
  final LongAdder successes = new LongAdder();
  final LongAdder retries = new LongAdder();
  final LongAdder refusedByBudget = new LongAdder();
  final LongAdder refusedByDeadline = new LongAdder();
  final LongAdder deadlines = new LongAdder();

  void register(Telemetry telemetry) {
    telemetry.counter(
        "scaling.call.attempts",
        "{attempt}",
        "Attempts, by whether they are the first of their call",
        new Series(Map.of(KIND, "initial"), calls::sum),
        new Series(Map.of(KIND, "retry"), retries::sum));
    telemetry.counter(
        "scaling.call.successes",
        "{call}",
        "Calls that succeeded, by whichever attempt",
        new Series(Map.of(), successes::sum));
    telemetry.counter(
        "scaling.call.deadlines",
        "{call}",
        "Calls that were ended by their deadline",
        new Series(Map.of(), deadlines::sum));
    telemetry.counter(
        "scaling.call.rejections",
        "{rejection}",
        "Retries that were not made, by why",
        new Series(Map.of(REASON, "budget"), refusedByBudget::sum),
        new Series(Map.of(REASON, "deadline"), refusedByDeadline::sum));
  }

  Resilience.Snapshot snapshot() {
    return new Resilience.Snapshot(
        calls.sum(),
        successes.sum(),
        retries.sum(),
        refusedByBudget.sum(),
        refusedByDeadline.sum(),
        deadlines.sum());
  }
}
