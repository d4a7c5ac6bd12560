package dev.scaling.resilience;

import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.testkit.VirtualTime;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.testing.exporter.InMemoryMetricReader;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What a pipeline reports, and under which names. */
final class ResilienceTelemetryTest {

  @Test
  void pipeline_reportsItsNumbers_untilItIsClosed() {
    var time = new VirtualTime();
    var reader = InMemoryMetricReader.create();
    try (var provider = SdkMeterProvider.builder().registerMetricReader(reader).build()) {
      var orders = Resilience.builder("orders")
          .deadline(Duration.ofSeconds(1))
          .retry(
              RetryBudget.builder("payments").burst(1).time(time).build(),
              retry -> retry.backoff(Backoff.fixed(Duration.ofMillis(400))))
          .breaker(breaker -> breaker.minimumCalls(3))
          .bulkhead(2)
          .executor(Runnable::run)
          .time(time)
          .openTelemetry(OpenTelemetrySdk.builder().setMeterProvider(provider).build())
          .build();
      orders.callAsync(attempt -> CompletableFuture.completedFuture("done"));
      orders.callAsync(attempt -> CompletableFuture.failedFuture(new IOException()));
      orders.callAsync(attempt -> new CompletableFuture<>());
      time.advance(Duration.ofSeconds(1));
      orders.callAsync(attempt -> new CompletableFuture<>()); // the circuit is open

      var values = new TreeMap<String, Long>();
      Map<String, Double> gauges = new TreeMap<>();
      reader.collectAllMetrics().forEach(metric -> read(metric, values, gauges));

      assertThat(values)
          .containsExactlyInAnyOrderEntriesOf(Map.ofEntries(
              Map.entry("scaling.call.attempts {attempt} initial", 3L),
              Map.entry("scaling.call.attempts {attempt} retry", 1L),
              Map.entry("scaling.call.attempts {attempt} hedge", 0L),
              Map.entry("scaling.call.successes {call}", 1L),
              Map.entry("scaling.call.timeouts {attempt}", 0L),
              Map.entry("scaling.call.deadlines {call}", 1L),
              Map.entry("scaling.call.fallbacks {call}", 0L),
              Map.entry("scaling.call.rejections {rejection} budget", 1L),
              Map.entry("scaling.call.rejections {rejection} deadline", 0L),
              Map.entry("scaling.call.rejections {rejection} breaker_open", 1L),
              Map.entry("scaling.call.rejections {rejection} bulkhead_full", 0L),
              Map.entry("scaling.call.rejections {rejection} throttled", 0L),
              Map.entry("scaling.circuit_breaker.count {breaker} open", 1L),
              Map.entry("scaling.circuit_breaker.transitions {transition} closed open", 1L),
              Map.entry("scaling.bulkhead.usage {attempt}", 0L),
              Map.entry("scaling.bulkhead.limit {attempt}", 2L)));
      assertThat(gauges)
          .containsOnlyKeys(
              "scaling.bulkhead.utilization",
              "scaling.call.amplification",
              "scaling.call.amplification.limit")
          .containsEntry("scaling.call.amplification", 4 / 3.0);
      orders.close();
      assertThat(reader.collectAllMetrics()).isEmpty();
    }
  }

  private static void read(
      MetricData metric, Map<String, Long> values, Map<String, Double> gauges) {
    metric
        .getDoubleGaugeData()
        .getPoints()
        .forEach(point -> gauges.put(metric.getName(), point.getValue()));
    for (var point : metric.getLongSumData().getPoints()) {
      var which = new StringBuilder();
      point.getAttributes().forEach((key, value) -> {
        if (!key.getKey().equals("scaling.component.name")) {
          which.append(' ').append(value);
        }
      });
      assertThat(point.getAttributes().get(AttributeKey.stringKey("scaling.component.name")))
          .isEqualTo("orders");
      boolean isOneOfManyZeros =
          metric.getName().startsWith("scaling.circuit_breaker") && point.getValue() == 0;
      if (!isOneOfManyZeros) {
        values.put(metric.getName() + " " + metric.getUnit() + which, point.getValue());
      }
    }
  }
}
