package dev.scaling.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.scaling.testkit.RedisExtension;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.data.LongPointData;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.testing.exporter.InMemoryMetricReader;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a cache reports, under which names, and what it never does: keys and values. */
@Timeout(120)
final class TelemetryIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.single();

  @RegisterExtension
  final Instances instances = new Instances(servers);

  private final InMemoryMetricReader reader = InMemoryMetricReader.create();
  private final SdkMeterProvider provider =
      SdkMeterProvider.builder().registerMetricReader(reader).build();
  private final OpenTelemetry telemetry =
      OpenTelemetrySdk.builder().setMeterProvider(provider).build();

  @AfterEach
  void end() {
    provider.close();
  }

  @Test
  void instruments_haveTheirNamesAndUnits() {
    instances.cache(b -> b.openTelemetry(telemetry));

    assertThat(reader.collectAllMetrics().stream()
            .collect(Collectors.toMap(MetricData::getName, MetricData::getUnit)))
        .containsExactlyInAnyOrderEntriesOf(Map.of(
            "scaling.cache.requests", "{request}",
            "scaling.cache.loads", "{load}",
            "scaling.cache.fills.refused", "{fill}",
            "scaling.cache.invalidations", "{invalidation}",
            "scaling.cache.lease.waits", "{wait}",
            "scaling.cache.fence.losses", "{fence}",
            "scaling.cache.unreadable", "{value}",
            "scaling.cache.redis.failures", "{call}",
            "scaling.cache.evictions", "{eviction}",
            "scaling.cache.entry.count", "{entry}"));
  }

  @Test
  void attributes_nameTheCacheAndNoKey() {
    var cache = instances.cache(b -> b.openTelemetry(telemetry));
    instances.source.put("secret-key", "secret-value");
    cache.get("secret-key");
    cache.getAll(List.of("secret-key", "secret-other"));
    cache.update("secret-key", () -> 1);

    var points = reader.collectAllMetrics().stream()
        .flatMap(metric -> metric.getData().getPoints().stream())
        .toList();

    assertThat(points).isNotEmpty().allSatisfy(point -> {
      var attributes = point.getAttributes();
      assertThat(attributes.get(AttributeKey.stringKey("scaling.component.name")))
          .isEqualTo("things");
      assertThat(attributes.asMap().toString()).doesNotContain("secret");
      assertThat(attributes.asMap().keySet())
          .extracting(AttributeKey::getKey)
          .isSubsetOf(Set.of(
              "scaling.component.name",
              "scaling.cache.tier",
              "scaling.cache.result",
              "scaling.outcome"));
    });
  }

  @Test
  void numbers_areThoseOfTheSnapshot() {
    var cache = instances.cache(b -> b.openTelemetry(telemetry));
    cache.get("a");
    cache.get("a");
    cache.invalidate("a");
    await().until(() -> cache.snapshot().invalidationsReceived() > 0);

    var seen = cache.snapshot();

    assertThat(sum("scaling.cache.requests", "local", "hit")).isEqualTo(seen.localHits());
    assertThat(sum("scaling.cache.requests", "remote", "miss")).isEqualTo(seen.remoteMisses());
    assertThat(sum("scaling.cache.loads", "success")).isEqualTo(seen.loads()).isPositive();
    assertThat(sum("scaling.cache.invalidations", "sent")).isEqualTo(1);
    assertThat(sum("scaling.cache.invalidations", "received")).isEqualTo(1);
  }

  @Test
  void closedCache_reportsNothing() {
    var cache = instances.cache(b -> b.openTelemetry(telemetry));

    cache.close();

    assertThat(reader.collectAllMetrics()).isEmpty();
  }

  private long sum(String name, String... attributes) {
    return reader.collectAllMetrics().stream()
        .filter(metric -> metric.getName().equals(name))
        .flatMap(metric -> metric.getLongSumData().getPoints().stream())
        .filter(point -> List.of(attributes).stream()
            .allMatch(value -> point.getAttributes().asMap().containsValue(value)))
        .mapToLong(LongPointData::getValue)
        .sum();
  }
}
