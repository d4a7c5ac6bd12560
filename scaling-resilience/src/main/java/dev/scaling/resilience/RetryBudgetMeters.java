package dev.scaling.resilience;

import dev.scaling.core.telemetry.Telemetry;
import dev.scaling.core.telemetry.Telemetry.Series;
import java.util.Map;

/** What a budget tells of itself; docs/retry-budget.md lists it. */
final class RetryBudgetMeters {

  private static final String OUTCOME = "scaling.outcome";

  private RetryBudgetMeters() {}

  static void register(Telemetry telemetry, RetryBudget budget) {
    telemetry.gauge(
        "scaling.retry_budget.usage",
        "{token}",
        "Tokens that are taken out and not back",
        () -> budget.snapshot().limit() - budget.balance());
    telemetry.gauge(
        "scaling.retry_budget.limit",
        "{token}",
        "Tokens that may be taken out at once",
        () -> budget.snapshot().limit());
    telemetry.gauge(
        "scaling.retry_budget.utilization",
        "1",
        "Usage by limit; at 1 no attempt is repeated",
        () -> 1 - budget.balance() / budget.snapshot().limit());
    telemetry.counter(
        "scaling.retry_budget.withdrawals",
        "{withdrawal}",
        "Attempts that were to be paid for, by what became of that",
        new Series(Map.of(OUTCOME, "granted"), () -> budget.snapshot().withdrawals()),
        new Series(Map.of(OUTCOME, "rejected"), () -> budget.snapshot().refusals()));
    telemetry.upDownCounter(
        "scaling.retry_budget.attempts",
        "{attempt}",
        "Attempts that were paid for and are under way",
        new Series(Map.of(), () -> budget.snapshot().inFlight()));
  }

  static void register(Telemetry telemetry, Draws draws) {
    telemetry.counter(
        "scaling.retry_budget.draws",
        "{draw}",
        "Calls to the pool of all instances, by what became of them",
        new Series(Map.of(OUTCOME, "answered"), draws::answered),
        new Series(Map.of(OUTCOME, "failed"), draws::failed));
  }
}
