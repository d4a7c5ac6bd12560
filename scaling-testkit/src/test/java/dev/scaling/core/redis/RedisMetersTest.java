package dev.scaling.core.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.core.redis.RedisCallException.Failure;
import dev.scaling.testkit.VirtualTime;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.data.LongPointData;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.testing.exporter.InMemoryMetricReader;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

final class RedisMetersTest {

  private static final AttributeKey<String> COMPONENT =
      AttributeKey.stringKey("scaling.component.name");
  private static final AttributeKey<String> ERROR = AttributeKey.stringKey("error.type");

  private final InMemoryMetricReader reader = InMemoryMetricReader.create();
  private final OpenTelemetrySdk sdk = OpenTelemetrySdk.builder()
      .setMeterProvider(SdkMeterProvider.builder().registerMetricReader(reader).build())
      .build();
  private final Outcomes outcomes = new Outcomes(new VirtualTime());

  @Test
  void meters_haveNamesUnitsAndTheComponent() {
    RedisMeters.register(sdk, "orders", outcomes);

    var meters = reader.collectAllMetrics();

    assertThat(meters.stream().collect(Collectors.toMap(MetricData::getName, MetricData::getUnit)))
        .isEqualTo(Map.of(
            "scaling.redis.calls", "{call}",
            "scaling.redis.batches", "{batch}",
            "scaling.redis.failures", "{call}"));
    for (MetricData meter : meters) {
      assertThat(meter.getInstrumentationScopeInfo().getName())
          .isEqualTo("dev.scaling.scaling-core");
      assertThat(meter.getDescription()).isNotBlank();
      assertThat(meter.getLongSumData().isMonotonic()).isTrue();
      assertThat(points(meter))
          .allMatch(point -> "orders".equals(point.getAttributes().get(COMPONENT)));
    }
  }

  @Test
  void values_areTheCounters_oneSeriesAFailure() {
    RedisMeters.register(sdk, "orders", outcomes);
    outcomes.batchSent(3);
    outcomes.failed(Failure.NOT_SENT);

    assertThat(points(meter("scaling.redis.calls")))
        .extracting(LongPointData::getValue)
        .containsExactly(3L);
    assertThat(points(meter("scaling.redis.batches")))
        .extracting(LongPointData::getValue)
        .containsExactly(1L);
    assertThat(points(meter("scaling.redis.failures")).stream()
            .collect(Collectors.toMap(
                point -> point.getAttributes().get(ERROR), LongPointData::getValue)))
        .isEqualTo(Map.of("not_sent", 1L, "ambiguous", 0L, "rejected", 0L, "closed", 0L));
  }

  @Test
  void closedMeters_areGone_andThoseOfAnotherStay() {
    var closed = RedisMeters.register(sdk, "closed", outcomes);
    RedisMeters.register(sdk, "open", outcomes);

    closed.close();
    closed.close();

    assertThat(points(meter("scaling.redis.calls")))
        .extracting(point -> point.getAttributes().get(COMPONENT))
        .containsExactly("open");
  }

  @Test
  void withoutTelemetry_nothingIsNeeded() {
    RedisMeters.register(null, "none", outcomes).close();
  }

  private MetricData meter(String name) {
    return reader.collectAllMetrics().stream()
        .filter(meter -> meter.getName().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static List<LongPointData> points(MetricData meter) {
    return List.copyOf(meter.getLongSumData().getPoints());
  }
}
