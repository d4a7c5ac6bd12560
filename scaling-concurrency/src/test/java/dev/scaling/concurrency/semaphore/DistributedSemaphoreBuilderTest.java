package dev.scaling.concurrency.semaphore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.scaling.core.redis.Redis;
import dev.scaling.testkit.VirtualTime;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.testing.exporter.InMemoryMetricReader;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is refused, in which words, and what is metered under which names. */
final class DistributedSemaphoreBuilderTest {

  @ParameterizedTest
  @MethodSource
  void settings_sayTheirNameRangeAndValue(
      String message, Consumer<DistributedSemaphoreBuilder> setting) {
    assertThatThrownBy(() -> setting.accept(builder()))
        .isInstanceOfAny(
            IllegalArgumentException.class, NullPointerException.class, IllegalStateException.class)
        .hasMessage(message);
  }

  static Stream<Arguments> settings_sayTheirNameRangeAndValue() {
    return Stream.of(
        refused("permits must be in [1, 1000000]: 0", b -> b.permits(0)),
        refused("permits must be in [1, 1000000]: -1", b -> b.permits(-1)),
        refused("permits must be in [1, 1000000]: 2147483647", b -> b.permits(Integer.MAX_VALUE)),
        refused("lease must be in [PT0.1S, PT1H]: PT0.099S", b -> b.lease(Duration.ofMillis(99))),
        refused("lease must be in [PT0.1S, PT1H]: PT-1S", b -> b.lease(Duration.ofSeconds(-1))),
        refused("lease", b -> b.lease(none())),
        refused(
            "redisTimeout must be in [PT0.001S, PT1M]: PT0S", b -> b.redisTimeout(Duration.ZERO)),
        refused(
            "prefix must be 1 to 64 of A-Z a-z 0-9 . _ - and begin with a letter or digit: \"{a}\"",
            b -> b.prefix("{a}")),
        refused("executor", b -> b.executor(none())),
        refused("time", b -> b.time(none())),
        refused("random", b -> b.random(none())),
        refused("openTelemetry", b -> b.openTelemetry(none())),
        refused("test: permits must be set", b -> b.build()),
        refused(
            "test: redisTimeout must be at most a third of the lease: PT0.25S of PT0.5S",
            b -> b.permits(1).lease(Duration.ofMillis(500)).build()));
  }

  @Test
  void arguments_sayTheirNameRangeAndValue() {
    assertThatThrownBy(() -> DistributedSemaphore.builder("test", none())).hasMessage("redis");
    assertThatThrownBy(() -> DistributedSemaphore.builder("{x}", nobody()))
        .hasMessage(
            "name must be 1 to 64 of A-Z a-z 0-9 . _ - and begin with a letter or digit: \"{x}\"");
    try (var semaphore = builder().permits(1).build()) {
      assertThatThrownBy(() -> semaphore.acquire(Duration.ofSeconds(-1)))
          .hasMessage("maxWait must be in [PT0S, PT24H]: PT-1S");
      assertThatThrownBy(() -> semaphore.acquireAsync(Duration.ofDays(2)))
          .hasMessage("maxWait must be in [PT0S, PT24H]: PT48H");
      assertThatThrownBy(() -> semaphore.acquire(none())).hasMessage("maxWait");
    }
  }

  @Test
  void telemetry_hasTheNamesOfThePage() {
    var reader = InMemoryMetricReader.create();
    var openTelemetry = OpenTelemetrySdk.builder()
        .setMeterProvider(
            SdkMeterProvider.builder().registerMetricReader(reader).build())
        .build();
    try (var semaphore = builder().permits(40).openTelemetry(openTelemetry).build()) {
      assertThat(semaphore.toString())
          .isEqualTo("DistributedSemaphore[test, permits=40, inUse=0, waiting=0]");
      assertThat(reader.collectAllMetrics())
          .extracting(metric -> metric.getName() + " " + metric.getUnit())
          .containsExactlyInAnyOrder(
              "scaling.concurrency.usage {permit}",
              "scaling.concurrency.limit {permit}",
              "scaling.concurrency.waiting {request}",
              "scaling.concurrency.requests {request}",
              "scaling.concurrency.handoffs {permit}",
              "scaling.concurrency.lost {permit}",
              "scaling.concurrency.redis.calls {call}",
              "scaling.concurrency.redis.away {instance}");
    }
  }

  private static DistributedSemaphoreBuilder builder() {
    return DistributedSemaphore.builder("test", nobody()).time(new VirtualTime());
  }

  private static Redis nobody() {
    return (Redis) Proxy.newProxyInstance(
        Redis.class.getClassLoader(), new Class<?>[] {Redis.class}, (proxy, method, args) ->
            (Redis.Subscription) () -> {});
  }

  private static Arguments refused(String message, Consumer<DistributedSemaphoreBuilder> setting) {
    return Arguments.of(message, setting);
  }

  @SuppressWarnings({"NullAway", "TypeParameterUnusedInFormals"}) // what tests of refusals need
  private static <T> T none() {
    return null;
  }
}
