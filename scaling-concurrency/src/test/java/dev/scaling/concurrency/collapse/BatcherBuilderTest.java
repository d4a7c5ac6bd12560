package dev.scaling.concurrency.collapse;

import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.time.Duration;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Settings and arguments that make no sense are refused at once, by name, range and value. */
@Timeout(60)
@SuppressWarnings("NullAway") // nulls are the point
final class BatcherBuilderTest {

  @ParameterizedTest
  @MethodSource
  void valueOutsideItsRange_isRefused(
      String message, Consumer<BatcherBuilder<Integer, String>> setter) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> setter.accept(builder()))
        .withMessage(message);
  }

  static Stream<Arguments> valueOutsideItsRange_isRefused() {
    return Stream.of(
        setting("maximumSize must be in [1, 100000]: 0", b -> b.maximumSize(0)),
        setting("maximumSize must be in [1, 100000]: -1", b -> b.maximumSize(-1)),
        setting("maximumSize must be in [1, 100000]: 100001", b -> b.maximumSize(100_001)),
        setting("parallelism must be in [1, 1024]: 0", b -> b.parallelism(0)),
        setting("parallelism must be in [1, 1024]: 1025", b -> b.parallelism(1_025)),
        setting("linger must be in [PT0S, PT10S]: PT-1S", b -> b.linger(Duration.ofSeconds(-1))),
        setting("linger must be in [PT0S, PT10S]: PT11S", b -> b.linger(Duration.ofSeconds(11))));
  }

  @ParameterizedTest
  @MethodSource
  void nullSetting_isRefused(String name, Consumer<BatcherBuilder<Integer, String>> setter) {
    assertThatNullPointerException().isThrownBy(() -> setter.accept(builder())).withMessage(name);
  }

  static Stream<Arguments> nullSetting_isRefused() {
    return Stream.of(
        setting("linger", b -> b.linger(null)),
        setting("whenMissing", b -> b.whenMissing(null)),
        setting("executor", b -> b.executor(null)),
        setting("time", b -> b.time(null)),
        setting("openTelemetry", b -> b.openTelemetry(null)));
  }

  @Test
  void nullArgument_isRefused() {
    var batcher = builder().executor(Runnable::run).build();

    refused("name", () -> Batcher.builder(null, keys -> Map.of()));
    refused("function", () -> Batcher.builder("things", null));
    refused("function", () -> Batcher.builderOfOutcomes("things", null));
    refused("things: key must not be null", () -> batcher.load(null));
    refused("things: key must not be null", () -> batcher.loadAsync(null));
    refused("timeout", () -> batcher.load(1, null));
    refused("timeout", () -> batcher.loadAsync(1, null));
    refused("value", () -> Outcome.of(null));
    refused("failure", () -> Outcome.failed(null));
  }

  @Test
  void timeoutOfZero_isRefused() {
    var batcher = builder().executor(Runnable::run).build();

    assertThatIllegalArgumentException()
        .isThrownBy(() -> batcher.load(1, Duration.ZERO))
        .withMessage("timeout must be in [PT0.000000001S, PT8760H]: PT0S");
  }

  private static void refused(String message, ThrowingCallable call) {
    assertThatNullPointerException().isThrownBy(call).withMessage(message);
  }

  private static Arguments setting(String name, Consumer<BatcherBuilder<Integer, String>> setter) {
    return Arguments.of(name, setter);
  }

  private static BatcherBuilder<Integer, String> builder() {
    return Batcher.builder("things", keys -> Map.of());
  }
}
