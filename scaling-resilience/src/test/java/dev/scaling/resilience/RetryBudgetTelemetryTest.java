package dev.scaling.resilience;

import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.core.redis.RedisCallException.Failure;
import dev.scaling.testkit.LogCapture;
import dev.scaling.testkit.VirtualTime;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.testing.exporter.InMemoryMetricReader;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What a budget reports, and under which names. */
final class RetryBudgetTelemetryTest {

  @Test
  void budget_reportsItsNumbers_untilItIsClosed() {
    var reader = InMemoryMetricReader.create();
    try (var provider = SdkMeterProvider.builder().registerMetricReader(reader).build()) {
      var budget = RetryBudget.builder("payments")
          .burst(4)
          .inFlightMinimum(3)
          .time(new VirtualTime())
          .openTelemetry(OpenTelemetrySdk.builder().setMeterProvider(provider).build())
          .build();
      budget.withdraw(1).failed();
      budget.withdraw(1);
      budget.withdraw(1);
      budget.tryWithdraw(2);

      var values = new TreeMap<String, Double>();
      reader.collectAllMetrics().forEach(metric -> read(metric, values));

      assertThat(values)
          .isEqualTo(Map.of(
              "scaling.retry_budget.usage {token}", 3.0,
              "scaling.retry_budget.limit {token}", 4.0,
              "scaling.retry_budget.utilization 1", 0.75,
              "scaling.retry_budget.withdrawals {withdrawal} granted", 3.0,
              "scaling.retry_budget.withdrawals {withdrawal} rejected", 1.0,
              "scaling.retry_budget.attempts {attempt}", 2.0));
      budget.close();
      assertThat(reader.collectAllMetrics()).isEmpty();
      assertThat(budget.tryWithdraw(1)).isNotNull();
    }
  }

  @Test
  void sharedBudget_reportsItsCallsToRedisToo() {
    var reader = InMemoryMetricReader.create();
    try (var provider = SdkMeterProvider.builder().registerMetricReader(reader).build();
        var log = new LogCapture(RetryBudget.class)) {
      var pool = new ScriptedPool();
      var budget = RetryBudget.builder("payments")
          .shared(pool.redis())
          .time(pool.time)
          .openTelemetry(OpenTelemetrySdk.builder().setMeterProvider(provider).build())
          .build();
      for (int i = 0; i < 3; i++) {
        pool.time.advance(Duration.ofSeconds(10));
        budget.tryWithdraw(1);
        if (i == 0) {
          pool.last().fail(Failure.AMBIGUOUS);
        } else {
          pool.last().answer(0);
        }
      }

      var values = new TreeMap<String, Double>();
      reader.collectAllMetrics().forEach(metric -> read(metric, values));

      assertThat(values)
          .hasSize(8)
          .containsEntry("scaling.retry_budget.draws {draw} answered", 2.0)
          .containsEntry("scaling.retry_budget.draws {draw} failed", 1.0)
          .containsEntry("scaling.retry_budget.limit {token}", 2.5);
      assertThat(log.lines()).hasSize(2);
    }
  }

  private static void read(MetricData metric, Map<String, Double> values) {
    String name = metric.getName() + " " + metric.getUnit();
    metric
        .getLongSumData()
        .getPoints()
        .forEach(
            point -> values.put(name + outcome(point.getAttributes()), (double) point.getValue()));
    metric
        .getDoubleGaugeData()
        .getPoints()
        .forEach(point -> values.put(name + outcome(point.getAttributes()), point.getValue()));
  }

  private static String outcome(Attributes attributes) {
    assertThat(attributes.get(AttributeKey.stringKey("scaling.component.name")))
        .isEqualTo("payments");
    var outcome = attributes.get(AttributeKey.stringKey("scaling.outcome"));
    return outcome == null ? "" : " " + outcome;
  }
}
