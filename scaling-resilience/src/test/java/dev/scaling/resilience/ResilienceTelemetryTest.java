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
          .executor(Runnable::run)
          .time(time)
          .openTelemetry(OpenTelemetrySdk.builder().setMeterProvider(provider).build())
          .build();
      orders.callAsync(attempt -> CompletableFuture.completedFuture("done"));
      orders.callAsync(attempt -> CompletableFuture.failedFuture(new IOException()));
      orders.callAsync(attempt -> new CompletableFuture<>());
      time.advance(Duration.ofSeconds(1));

      var values = new TreeMap<String, Long>();
      reader.collectAllMetrics().forEach(metric -> read(metric, values));

      assertThat(values)
          .isEqualTo(Map.of(
              "scaling.call.attempts {attempt} initial", 3L,
              "scaling.call.attempts {attempt} retry", 1L,
              "scaling.call.successes {call}", 1L,
              "scaling.call.deadlines {call}", 1L,
              "scaling.call.rejections {rejection} budget", 1L,
              "scaling.call.rejections {rejection} deadline", 0L));
      orders.close();
      assertThat(reader.collectAllMetrics()).isEmpty();
    }
  }

  private static void read(MetricData metric, Map<String, Long> values) {
    for (var point : metric.getLongSumData().getPoints()) {
      var attributes = point.getAttributes();
      assertThat(attributes.get(AttributeKey.stringKey("scaling.component.name")))
          .isEqualTo("orders");
      var kind = attributes.get(AttributeKey.stringKey("scaling.attempt.kind"));
      var reason = attributes.get(AttributeKey.stringKey("scaling.rejection.reason"));
      String which = kind != null ? " " + kind : reason != null ? " " + reason : "";
      values.put(metric.getName() + " " + metric.getUnit() + which, point.getValue());
    }
  }
}
