package dev.scaling.concurrency.limit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.testkit.VirtualTime;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.testing.exporter.InMemoryMetricReader;
import java.util.Collection;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What limiters report, and under which names. */
@Timeout(60)
final class LimiterTelemetryTest {

  @Test
  void metrics_haveTheirNamesAndUnits_andNoKeys() {
    var reader = InMemoryMetricReader.create();
    try (var provider = SdkMeterProvider.builder().registerMetricReader(reader).build();
        var limiter = RateLimiter.local("things")
            .limit("api", RateLimit.perSecond(2))
            .time(new VirtualTime())
            .openTelemetry(OpenTelemetrySdk.builder().setMeterProvider(provider).build())
            .build()) {
      for (int i = 0; i < 5; i++) {
        limiter.tryAcquire("secret");
      }

      var metrics = reader.collectAllMetrics();

      assertThat(units(metrics))
          .isEqualTo(Map.of(
              "scaling.limiter.requests", "{request}",
              "scaling.limiter.permits", "{permit}",
              "scaling.limiter.refusals.remembered", "{request}",
              "scaling.limiter.fallbacks", "{request}",
              "scaling.limiter.redis.failures", "{call}",
              "scaling.limiter.key.count", "{key}",
              "scaling.limiter.instances", "{instance}",
              "scaling.limiter.redis.away", "{instance}"));
      assertThat(metrics)
          .allSatisfy(metric -> assertThat(metric.getData().getPoints())
              .allSatisfy(point -> assertThat(
                      point.getAttributes().get(AttributeKey.stringKey("scaling.component.name")))
                  .isEqualTo("things")));
      assertThat(metrics.toString()).doesNotContain("secret");
      assertThat(limiter.snapshot()).isEqualTo(new LimiterSnapshot(2, 2, 3, 3, 0, 0, 1, 1, false));
    }
  }

  private static Map<String, String> units(Collection<MetricData> metrics) {
    return metrics.stream().collect(Collectors.toMap(MetricData::getName, MetricData::getUnit));
  }
}
