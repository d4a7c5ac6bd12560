package dev.scaling.locks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.testkit.RedisExtension;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.testing.exporter.InMemoryMetricReader;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a lock service reports, and under which names. */
@Timeout(60)
final class LockTelemetryIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.single();

  private final Services services = new Services();

  @AfterEach
  void close() throws Exception {
    services.close();
  }

  @Test
  void service_reportsItsNumbers_untilItIsClosed() throws Exception {
    var reader = InMemoryMetricReader.create();
    try (var provider = SdkMeterProvider.builder().registerMetricReader(reader).build()) {
      var service = services.ready(services
          .builder(servers.servers())
          .quarantined(false)
          .openTelemetry(OpenTelemetrySdk.builder().setMeterProvider(provider).build()));
      var lease = service.lock("a").acquire(Duration.ZERO);
      assertThat(service.lock("a").tryAcquire()).isEmpty();
      service.lock("a").acquireAsync(Duration.ofMinutes(1));

      var values = new TreeMap<String, Long>();
      reader.collectAllMetrics().forEach(metric -> read(metric, values));

      assertThat(values)
          .isEqualTo(Map.ofEntries(
              Map.entry("scaling.lock.acquisitions {acquisition} acquired", 1L),
              Map.entry("scaling.lock.acquisitions {acquisition} contended", 1L),
              Map.entry("scaling.lock.acquisitions {acquisition} unavailable", 0L),
              Map.entry("scaling.lock.losses {loss} expired", 0L),
              Map.entry("scaling.lock.losses {loss} taken", 0L),
              Map.entry("scaling.lock.losses {loss} nodes_lost", 0L),
              Map.entry("scaling.lock.losses {loss} held_too_long", 0L),
              Map.entry("scaling.lock.losses {loss} closed", 0L),
              Map.entry("scaling.lock.renewals {renewal} confirmed", 0L),
              Map.entry("scaling.lock.renewals {renewal} failed", 0L),
              Map.entry("scaling.lock.node.failures {call}", 0L),
              Map.entry("scaling.lock.held {lease}", 1L),
              Map.entry("scaling.lock.waiting {request}", 1L),
              Map.entry("scaling.lock.node.outside {node}", 0L)));
      assertThat(lease.isValid()).isTrue();
      service.close();
      assertThat(reader.collectAllMetrics()).isEmpty();
    }
  }

  private static void read(MetricData metric, Map<String, Long> values) {
    for (var point : metric.getLongSumData().getPoints()) {
      var attributes = point.getAttributes();
      assertThat(attributes.get(AttributeKey.stringKey("scaling.component.name")))
          .isEqualTo("test");
      var outcome = attributes.get(AttributeKey.stringKey("scaling.outcome"));
      var reason = attributes.get(AttributeKey.stringKey("scaling.lock.loss_reason"));
      String name = metric.getName() + " " + metric.getUnit();
      String kind = outcome == null ? reason : outcome;
      values.put(kind == null ? name : name + " " + kind, point.getValue());
    }
  }
}
