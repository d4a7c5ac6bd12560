package dev.scaling.resilience;

import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.core.telemetry.Telemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.testing.exporter.InMemoryMetricReader;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** What a throttle reports, and under which names. */
final class ThrottleTelemetryTest {

  @Test
  void throttle_reportsItsNumbers() {
    var reader = InMemoryMetricReader.create();
    RandomGenerator never = () -> 0; // the least: whatever may be refused is
    var throttle = new ThrottleBuilder().minimumPerSecond(0).build(never, /* nowNanos= */ 0);
    try (var provider = SdkMeterProvider.builder().registerMetricReader(reader).build();
        var telemetry = new Telemetry(
            OpenTelemetrySdk.builder().setMeterProvider(provider).build(),
            "scaling-resilience",
            "orders")) {
      ThrottleMeters.register(telemetry, throttle);
      for (int i = 0; i < 3; i++) {
        throttle.tryAdmit(1);
      }
      throttle.tryAdmit(1_000_000_000);

      var values = new TreeMap<String, Double>();
      reader.collectAllMetrics().forEach(metric -> read(metric, values));

      assertThat(values)
          .isEqualTo(Map.of(
              "scaling.throttle.drop_ratio 1", 0.75,
              "scaling.throttle.requests {request} admitted", 3.0,
              "scaling.throttle.requests {request} rejected", 1.0));
    }
  }

  private static void read(MetricData metric, Map<String, Double> values) {
    String name = metric.getName() + " " + metric.getUnit();
    for (var point : metric.getDoubleGaugeData().getPoints()) {
      values.put(name, point.getValue());
    }
    for (var point : metric.getLongSumData().getPoints()) {
      var outcome = point.getAttributes().get(AttributeKey.stringKey("scaling.outcome"));
      values.put(name + " " + outcome, (double) point.getValue());
    }
  }
}
