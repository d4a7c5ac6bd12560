package dev.scaling.examples.outage;

import dev.scaling.resilience.Resilience;
import dev.scaling.resilience.ResilienceBuilder;
import dev.scaling.resilience.RetryBudget;
import dev.scaling.resilience.RetryBudgetBuilder;
import dev.scaling.testkit.SimulatedOutage;
import dev.scaling.testkit.SimulatedOutage.Report;
import dev.scaling.testkit.VirtualTime;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.function.BiFunction;

/**
 * A server that is too slow for ten seconds, and the pipelines of a hundred clients: which of them
 * lets it recover? In virtual time, so it takes some seconds.
 *
 * <p>Run: {@code mvn -q -B -ntp -Poutage -pl examples -am -DskipTests package}
 */
public final class OutageMain {

  private OutageMain() {}

  /** Runs it, and prints a line for each way to retry. */
  public static void main(String[] args) {
    run(System.out);
  }

  static void run(PrintStream out) {
    out.println("retries                      most attempts a call  served again after");
    print(out, "none", outage((pipeline, budget) -> pipeline));
    print(
        out,
        "after each failure",
        outage((pipeline, budget) -> pipeline.retry(withoutEnd(budget).build())));
    print(
        out,
        "paid by a budget",
        outage((pipeline, budget) -> pipeline.retry(budget.burst(50).build())));
    print(
        out,
        "the same, late work dropped",
        outage(
            /* isLateWorkDropped= */ true,
            (pipeline, budget) -> pipeline.retry(budget.burst(50).build())));
  }

  private static Report outage(
      BiFunction<ResilienceBuilder, RetryBudgetBuilder, ResilienceBuilder> settings) {
    return outage(/* isLateWorkDropped= */ false, settings);
  }

  private static Report outage(
      boolean isLateWorkDropped,
      BiFunction<ResilienceBuilder, RetryBudgetBuilder, ResilienceBuilder> settings) {
    var time = new VirtualTime();
    var pipeline = settings
        .apply(
            Resilience.builder("orders")
                .deadline(Duration.ofMillis(1_200))
                .executor(Runnable::run)
                .time(time)
                .random(new SplittableRandom(2)),
            RetryBudget.builder("orders").time(time))
        .build();
    return SimulatedOutage.builder(time, new SplittableRandom(1))
        .perSecond(700) // of 1,000 that the server can do, and 200 for ten seconds
        .dropsLateWork(isLateWorkDropped)
        .run(() -> sender -> pipeline.callAsync(attempt -> sender.send(attempt.remaining())));
  }

  /** So much that it might as well not be there: do not do this. */
  private static RetryBudgetBuilder withoutEnd(RetryBudgetBuilder budget) {
    return budget.burst(10_000).ratio(1).minimumPerSecond(1_000).inFlightRatio(1);
  }

  private static void print(PrintStream out, String retries, Report report) {
    out.printf(
        Locale.ROOT,
        "%-28s %20.2f  %s%n",
        retries,
        report.peakAmplification(),
        report.isRecovered()
            ? String.format(Locale.ROOT, "%.1f s", report.recovery().toMillis() / 1e3)
            : "never");
  }
}
