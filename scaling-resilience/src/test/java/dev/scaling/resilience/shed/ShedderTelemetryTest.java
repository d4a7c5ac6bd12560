package dev.scaling.resilience.shed;

import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.resilience.context.CallContext;
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

/** What a shedder reports, and under which names. */
final class ShedderTelemetryTest {

  @Test
  void shedder_reportsItsNumbers_untilItIsClosed() {
    var reader = InMemoryMetricReader.create();
    try (var provider = SdkMeterProvider.builder().registerMetricReader(reader).build()) {
      var shedder = Shedder.builder("orders")
          .limit(4)
          .busyRatio(0)
          .openTelemetry(OpenTelemetrySdk.builder().setMeterProvider(provider).build())
          .build();
      var none = CallContext.none();
      shedder.tryAdmit(none, Priority.CRITICAL, "a");
      shedder.tryAdmit(none, Priority.NORMAL, "b");
      shedder.tryAdmit(none, Priority.NORMAL, "a");
      shedder.tryAdmit(none, Priority.BULK, "b");
      shedder.tryAdmit(none.within(Duration.ZERO, new VirtualTime()), Priority.DEGRADED, "b");

      var values = new TreeMap<String, Double>();
      reader.collectAllMetrics().forEach(metric -> read(metric, values));
      values.values().removeIf(value -> value == 0);

      assertThat(values)
          .isEqualTo(Map.of(
              "scaling.shed.requests {request} critical admitted null", 1.0,
              "scaling.shed.requests {request} normal admitted null", 1.0,
              "scaling.shed.requests {request} normal rejected quota", 1.0,
              "scaling.shed.requests {request} bulk rejected shed", 1.0,
              "scaling.shed.requests {request} degraded rejected deadline", 1.0,
              "scaling.shed.usage {request}", 2.0,
              "scaling.shed.limit {request}", 4.0,
              "scaling.shed.utilization 1", 0.5));
      assertThat(shedder.snapshot()).isEqualTo(new Shedder.Snapshot(2, 1, 1, 1, 2, 4, 2));
      shedder.close();
      assertThat(reader.collectAllMetrics()).isEmpty();
      assertThat(shedder.tryAdmit(none, Priority.CRITICAL, "c")).isNotNull();
    }
  }

  private static void read(MetricData metric, Map<String, Double> values) {
    String name = metric.getName() + " " + metric.getUnit();
    for (var point : metric.getLongSumData().getPoints()) {
      values.put(name + kind(point.getAttributes()), (double) point.getValue());
    }
    for (var point : metric.getDoubleGaugeData().getPoints()) {
      values.put(name + kind(point.getAttributes()), point.getValue());
    }
  }

  private static String kind(Attributes attributes) {
    assertThat(text(attributes, "scaling.component.name")).isEqualTo("orders");
    String priority = text(attributes, "scaling.request.priority");
    return priority.equals("null")
        ? ""
        : " "
            + priority
            + " "
            + text(attributes, "scaling.outcome")
            + " "
            + text(attributes, "scaling.rejection.reason");
  }

  private static String text(Attributes attributes, String key) {
    return String.valueOf(attributes.get(AttributeKey.stringKey(key)));
  }
}
