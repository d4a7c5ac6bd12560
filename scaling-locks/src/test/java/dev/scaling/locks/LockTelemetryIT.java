package dev.scaling.locks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.locks.Acquisition.Acquired;
import dev.scaling.locks.Acquisition.Unavailable;
import dev.scaling.testkit.RedisExtension;
import dev.scaling.testkit.VirtualTime;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.metrics.data.MetricDataType;
import io.opentelemetry.sdk.testing.exporter.InMemoryMetricReader;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
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
          .lease(Duration.ofMinutes(1))
          .nodeTimeout(Duration.ofSeconds(4))
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
      // Histograms cannot be unregistered; they stay as they are.
      assertThat(reader.collectAllMetrics())
          .extracting(MetricData::getType)
          .containsOnly(MetricDataType.HISTOGRAM);
    }
  }

  @Test
  void durations_areInSeconds_byWhatBecameOfTheCall() throws Exception {
    var reader = InMemoryMetricReader.create();
    var time = new VirtualTime();
    try (var provider = SdkMeterProvider.builder().registerMetricReader(reader).build()) {
      var service = services.ready(services
          .builder(servers.servers())
          .quarantined(false)
          .lease(Duration.ofMinutes(1))
          .nodeTimeout(Duration.ofSeconds(4))
          .time(time)
          .openTelemetry(OpenTelemetrySdk.builder().setMeterProvider(provider).build()));
      var lease = service.lock("a").acquire(Duration.ZERO);
      var next = service.lock("a").acquireAsync(Duration.ofMinutes(1));
      assertThat(service.lock("a").tryAcquire()).isEmpty();
      time.advance(Duration.ofMillis(1_500));
      lease.close();
      assertThat(next.get()).isInstanceOf(Acquired.class);
      servers.server().pause();
      assertThat(service.lock("b").acquireAsync(Duration.ZERO).get())
          .isInstanceOf(Unavailable.class);

      var acquiring = histogram(reader, "scaling.lock.acquire.duration");
      var holding = histogram(reader, "scaling.lock.hold.duration");

      assertThat(acquiring.getUnit()).isEqualTo("s");
      assertThat(holding.getUnit()).isEqualTo("s");
      assertThat(points(acquiring))
          .isEqualTo(Map.of(
              "acquired", List.of(2.0, 0.0, 1.5),
              "contended", List.of(1.0, 0.0, 0.0),
              "unavailable", List.of(1.0, 0.0, 0.0)));
      assertThat(points(holding)).isEqualTo(Map.of("all", List.of(1.0, 1.5, 1.5)));
      assertThat(bounds(acquiring)).startsWith(0.0005).endsWith(60.0).isSorted().hasSize(16);
      assertThat(bounds(holding)).startsWith(0.001).endsWith(600.0).isSorted().hasSize(16);
    }
  }

  /** Who leads does so for weeks, and waits for as long. */
  @Test
  void elections_areInNoHistogram() throws Exception {
    var reader = InMemoryMetricReader.create();
    try (var provider = SdkMeterProvider.builder().registerMetricReader(reader).build()) {
      var service = services.ready(services
          .builder(servers.servers())
          .quarantined(false)
          .lease(Duration.ofMinutes(1))
          .nodeTimeout(Duration.ofSeconds(4))
          .openTelemetry(OpenTelemetrySdk.builder().setMeterProvider(provider).build()));
      var elected = new CompletableFuture<Lease>();
      service.stand("lead", elected::complete, reason -> {});
      elected.get();

      service.close();

      assertThat(reader.collectAllMetrics()).isEmpty();
    }
  }

  private static MetricData histogram(InMemoryMetricReader reader, String name) {
    return reader.collectAllMetrics().stream()
        .filter(metric -> metric.getName().equals(name))
        .findFirst()
        .orElseThrow();
  }

  /** Returns for each series how many there were, the shortest and the longest. */
  private static Map<String, List<Double>> points(MetricData histogram) {
    var points = new TreeMap<String, List<Double>>();
    for (var point : histogram.getHistogramData().getPoints()) {
      var outcome = point.getAttributes().get(AttributeKey.stringKey("scaling.outcome"));
      assertThat(point.getAttributes().get(AttributeKey.stringKey("scaling.component.name")))
          .isEqualTo("test");
      assertThat(point.getAttributes().size()).isEqualTo(outcome == null ? 1 : 2);
      points.put(
          outcome == null ? "all" : outcome,
          List.of((double) point.getCount(), point.getMin(), point.getMax()));
    }
    return points;
  }

  private static List<Double> bounds(MetricData histogram) {
    return histogram.getHistogramData().getPoints().iterator().next().getBoundaries();
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
