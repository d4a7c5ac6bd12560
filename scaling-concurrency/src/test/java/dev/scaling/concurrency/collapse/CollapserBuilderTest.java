package dev.scaling.concurrency.collapse;

import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.time.Duration;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Settings and arguments that make no sense are refused at once, by name. */
@Timeout(60)
@SuppressWarnings("NullAway") // nulls are the point
final class CollapserBuilderTest {

  private final Collapser<String, Integer> collapser =
      Collapser.<String, Integer>builder("things").executor(Runnable::run).build();

  @ParameterizedTest
  @ValueSource(strings = {"", "{a}", "a b", "a\nb"})
  void nameOfAnotherForm_isRefused(String name) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Collapser.builder(name))
        .withMessageStartingWith("name must be 1 to 64 of ");
  }

  @ParameterizedTest
  @MethodSource
  void nullSetting_isRefused(String name, Consumer<CollapserBuilder<String, Integer>> setter) {
    var builder = Collapser.<String, Integer>builder("things");

    assertThatNullPointerException().isThrownBy(() -> setter.accept(builder)).withMessage(name);
  }

  static Stream<Arguments> nullSetting_isRefused() {
    return Stream.of(
        setting("whenExecutionFails", b -> b.whenExecutionFails(null)),
        setting("executor", b -> b.executor(null)),
        setting("time", b -> b.time(null)),
        setting("openTelemetry", b -> b.openTelemetry(null)));
  }

  @Test
  void nullArgument_isRefused() {
    refused("name", () -> Collapser.builder(null));
    refused("things: key must not be null", () -> collapser.run(null, () -> 1));
    refused("things: execution must not be null", () -> collapser.run("a", null));
    refused("timeout", () -> collapser.run("a", null, () -> 1));
    refused("things: execution must not be null", () -> collapser.runAsync("a", null));
    refused("things: key must not be null", () -> collapser.forget(null));
  }

  @ParameterizedTest
  @ValueSource(strings = {"PT0S", "PT-1S", "PT8760H0.000000001S"})
  void timeoutOutsideItsRange_isRefused(String timeout) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> collapser.run("a", Duration.parse(timeout), () -> 1))
        .withMessage("timeout must be in [PT0.000000001S, PT8760H]: " + timeout);
  }

  private static void refused(String message, ThrowingCallable call) {
    assertThatNullPointerException().isThrownBy(call).withMessage(message);
  }

  private static Arguments setting(
      String name, Consumer<CollapserBuilder<String, Integer>> setter) {
    return Arguments.of(name, setter);
  }
}
