package dev.scaling.concurrency.adaptive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.testkit.VirtualTime;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.testing.exporter.InMemoryMetricReader;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What a limit reports, and under which names. */
final class AdaptiveTelemetryTest {

  @Test
  void limit_reportsItsNumbers_untilItIsClosed() {
    var reader = InMemoryMetricReader.create();
    try (var provider = SdkMeterProvider.builder().registerMetricReader(reader).build()) {
      var limit = AdaptiveLimit.builder("oracle")
          .initialLimit(3)
          .maximumWaiting(1)
          .executor(Runnable::run)
          .time(new VirtualTime())
          .openTelemetry(OpenTelemetrySdk.builder().setMeterProvider(provider).build())
          .build();
      limit.acquire().success();
      limit.acquire().overload();
      limit.acquire().close();
      for (int i = 0; i < 5; i++) {
        limit.acquireAsync(Priority.NORMAL);
      }

      var values = new TreeMap<String, Long>();
      reader.collectAllMetrics().forEach(metric -> read(metric, values));

      assertThat(values)
          .isEqualTo(Map.of(
              "scaling.concurrency.usage {permit}", 3L,
              "scaling.concurrency.limit {permit}", 3L,
              "scaling.concurrency.waiting {request}", 1L,
              "scaling.concurrency.calls {call} success", 1L,
              "scaling.concurrency.calls {call} overload", 1L,
              "scaling.concurrency.calls {call} other", 1L,
              "scaling.concurrency.calls {call} refused", 1L,
              "scaling.concurrency.calls {call} waited_too_long", 0L));
      limit.close();
      assertThat(reader.collectAllMetrics()).isEmpty();
    }
  }

  private static void read(MetricData metric, Map<String, Long> values) {
    for (var point : metric.getLongSumData().getPoints()) {
      assertThat(point.getAttributes().get(AttributeKey.stringKey("scaling.component.name")))
          .isEqualTo("oracle");
      var outcome = point.getAttributes().get(AttributeKey.stringKey("scaling.outcome"));
      String name = metric.getName() + " " + metric.getUnit();
      values.put(outcome == null ? name : name + " " + outcome, point.getValue());
    }
  }
}
