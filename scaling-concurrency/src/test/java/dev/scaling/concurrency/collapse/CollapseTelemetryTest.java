package dev.scaling.concurrency.collapse;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.data.LongPointData;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.testing.exporter.InMemoryMetricReader;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What collapsers and batchers report, and under which names. */
@Timeout(60)
final class CollapseTelemetryTest {

  private final InMemoryMetricReader reader = InMemoryMetricReader.create();
  private final SdkMeterProvider provider =
      SdkMeterProvider.builder().registerMetricReader(reader).build();
  private final OpenTelemetry telemetry =
      OpenTelemetrySdk.builder().setMeterProvider(provider).build();
  private final HeldExecutor executor = new HeldExecutor();

  @AfterEach
  void end() {
    provider.close();
  }

  @Test
  void collapser_countsItsLeadersAndFollowers_withoutKeys() {
    var collapser = Collapser.<String, Integer>builder("things")
        .executor(executor)
        .openTelemetry(telemetry)
        .build();
    for (int i = 0; i < 3; i++) {
      collapser.runAsync("secret", () -> CompletableFuture.completedFuture(1));
    }
    executor.runAll();

    var metrics = reader.collectAllMetrics();

    assertThat(metrics).hasSize(1);
    var metric = metrics.iterator().next();
    assertThat(metric.getName()).isEqualTo("scaling.collapse.calls");
    assertThat(metric.getUnit()).isEqualTo("{call}");
    assertThat(byRole(metric)).isEqualTo(Map.of("leader", 1L, "follower", 2L));
    assertThat(metric.getData().getPoints()).allSatisfy(point -> {
      assertThat(point.getAttributes().get(AttributeKey.stringKey("scaling.component.name")))
          .isEqualTo("things");
      assertThat(point.getAttributes().asMap().toString()).doesNotContain("secret");
    });
    collapser.close();
    assertThat(reader.collectAllMetrics()).isEmpty();
  }

  @Test
  void batcher_countsItsCallsAndKeys() {
    var batcher = Batcher.<String, Integer>builder("things", keys -> Map.of())
        .executor(executor)
        .openTelemetry(telemetry)
        .build();
    batcher.loadAsync("a");
    batcher.loadAsync("b");
    batcher.loadAsync("b");
    executor.runAll();

    var metrics = reader.collectAllMetrics().stream()
        .collect(Collectors.toMap(MetricData::getName, metric -> metric));

    assertThat(metrics.keySet())
        .containsExactlyInAnyOrder(
            "scaling.collapse.calls", "scaling.batch.calls", "scaling.batch.keys");
    assertThat(byRole(metrics.get("scaling.collapse.calls")))
        .isEqualTo(Map.of("leader", 2L, "follower", 1L));
    assertThat(metrics.get("scaling.batch.calls").getUnit()).isEqualTo("{call}");
    assertThat(sum(metrics.get("scaling.batch.calls"))).isEqualTo(2);
    assertThat(metrics.get("scaling.batch.keys").getUnit()).isEqualTo("{key}");
    assertThat(sum(metrics.get("scaling.batch.keys"))).isEqualTo(2);
  }

  private static long sum(MetricData metric) {
    return metric.getLongSumData().getPoints().stream()
        .mapToLong(LongPointData::getValue)
        .sum();
  }

  private static Map<String, Long> byRole(MetricData metric) {
    return metric.getLongSumData().getPoints().stream()
        .collect(Collectors.toMap(
            point -> String.valueOf(
                point.getAttributes().get(AttributeKey.stringKey("scaling.collapse.role"))),
            LongPointData::getValue));
  }
}
