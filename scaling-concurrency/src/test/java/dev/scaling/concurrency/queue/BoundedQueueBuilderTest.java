package dev.scaling.concurrency.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.testing.exporter.InMemoryMetricReader;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is refused, in which words, and what is metered under which names. */
@Timeout(20)
final class BoundedQueueBuilderTest {

  private final Held held = new Held();

  @ParameterizedTest
  @MethodSource
  void settings_sayTheirNameRangeAndValue(
      String message, Consumer<BoundedQueueBuilder<String>> setting) {
    assertThatThrownBy(() -> setting.accept(held.builder()))
        .isInstanceOfAny(IllegalArgumentException.class, NullPointerException.class)
        .hasMessage(message);
  }

  static Stream<Arguments> settings_sayTheirNameRangeAndValue() {
    return Stream.of(
        refused("capacity must be in [1, 1000000]: 0", b -> b.capacity(0)),
        refused("capacity must be in [1, 1000000]: -1", b -> b.capacity(-1)),
        refused("capacity must be in [1, 1000000]: 2147483647", b -> b.capacity(Integer.MAX_VALUE)),
        refused("concurrency must be in [1, 10000]: 0", b -> b.concurrency(0)),
        refused("concurrency must be in [1, 10000]: 10001", b -> b.concurrency(10_001)),
        refused("maxAge must be in [PT0.001S, PT8760H]: PT0S", b -> b.maxAge(Duration.ZERO)),
        refused(
            "maxAge must be in [PT0.001S, PT8760H]: PT2562047788015215H30M7S",
            b -> b.maxAge(Duration.ofSeconds(Long.MAX_VALUE))),
        refused("maxAge", b -> b.maxAge(none())),
        refused("whenFull", b -> b.whenFull(none())),
        refused("deadLetter", b -> b.deadLetter(none())),
        refused("executor", b -> b.executor(none())),
        refused("time", b -> b.time(none())),
        refused("openTelemetry", b -> b.openTelemetry(none())));
  }

  @Test
  void arguments_sayTheirNameRangeAndValue() {
    says("name", () -> BoundedQueue.builder(none(), item -> {}));
    says(
        "name must be 1 to 64 of A-Z a-z 0-9 . _ - and begin with a letter or digit: \"{x}\"",
        () -> BoundedQueue.builder("{x}", item -> {}));
    says("handler", () -> BoundedQueue.builder("things", none()));
    says("handler", () -> BoundedQueue.builderOfStages("things", none()));
    try (var queue = held.builder().build()) {
      says("things: item must not be null", () -> queue.tryPut(none()));
      says("things: item must not be null", () -> queue.put(none()));
      says("things: item must not be null", () -> queue.put(none(), Duration.ofSeconds(1)));
      says("things: item must not be null", () -> queue.putAsync(none()));
      says("things: item must not be null", () -> queue.putAsync(none(), Duration.ZERO));
      says("maxWait", () -> queue.put("a", none()));
      says("maxWait must be in [PT0S, PT24H]: PT-1S", () -> queue.put("a", Duration.ofSeconds(-1)));
      says(
          "maxWait must be in [PT0S, PT24H]: PT48H", () -> queue.putAsync("a", Duration.ofDays(2)));
      says("timeout", () -> queue.close(none()));
      says("timeout must be in [PT0.000000001S, PT24H]: PT0S", () -> queue.close(Duration.ZERO));
      assertThat(queue.snapshot().accepted()).isZero();
    }
  }

  @Test
  void telemetry_hasTheNamesOfThePage_andNoItems() {
    var reader = InMemoryMetricReader.create();
    var provider = SdkMeterProvider.builder().registerMetricReader(reader).build();
    try (var queue = held.builder()
        .capacity(1)
        .openTelemetry(OpenTelemetrySdk.builder().setMeterProvider(provider).build())
        .build()) {
      queue.tryPut("secret");
      held.runAll();
      held.fail(new IllegalStateException("secret"));

      var metrics = reader.collectAllMetrics();

      assertThat(metrics)
          .extracting(metric -> metric.getName() + " " + metric.getUnit())
          .containsExactlyInAnyOrder(
              "scaling.queue.usage {item}",
              "scaling.queue.limit {item}",
              "scaling.queue.running {item}",
              "scaling.queue.waiting {request}",
              "scaling.queue.undelivered {letter}",
              "scaling.queue.requests {request}",
              "scaling.queue.handled {item}",
              "scaling.queue.dead_letters {letter}",
              "scaling.queue.hook.failures {failure}");
      assertThat(metrics)
          .filteredOn(metric -> metric.getName().equals("scaling.queue.dead_letters"))
          .flatExtracting(metric -> metric.getLongSumData().getPoints())
          .extracting(
              point -> point.getAttributes().get(AttributeKey.stringKey("scaling.queue.reason"))
                  + " "
                  + point.getValue())
          .containsExactlyInAnyOrder("failed 1", "expired 0", "closed 0", "overflowed 0");
      assertThat(metrics.toString()).contains("things").doesNotContain("secret");
      assertThat(queue).hasToString("BoundedQueue[things, waiting=0, running=0, producers=0]");
    }
    assertThat(reader.collectAllMetrics()).isEmpty();
  }

  private static void says(String message, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfAny(IllegalArgumentException.class, NullPointerException.class)
        .hasMessage(message);
  }

  private static Arguments refused(String message, Consumer<BoundedQueueBuilder<String>> setting) {
    return Arguments.of(message, setting);
  }

  @SuppressWarnings({"NullAway", "TypeParameterUnusedInFormals"}) // what tests of refusals need
  private static <T> T none() {
    return null;
  }
}
