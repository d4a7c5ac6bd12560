package dev.scaling.resilience;

import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.time.Duration;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Settings that are out of their range. */
final class PipelineSettingsTest {

  private final ResilienceBuilder orders = Resilience.builder("orders");
  private final RetryBudget budget = RetryBudget.create("payments");

  static Stream<Arguments> ofTheBreaker() {
    return Stream.of(
        breaker("failureRatio must be in [0.01, 1]: 0.0", it -> it.failureRatio(0)),
        breaker("failureRatio must be in [0.01, 1]: 1.1", it -> it.failureRatio(1.1)),
        breaker("failureRatio must be in [0.01, 1]: NaN", it -> it.failureRatio(Double.NaN)),
        breaker("minimumCalls must be in [1, 1000000]: 0", it -> it.minimumCalls(0)),
        breaker("window must be in [PT0.01S, PT1H]: PT0S", it -> it.window(Duration.ZERO)),
        breaker(
            "first must be in [PT0.01S, PT1H]: PT0S",
            it -> it.openWait(Duration.ZERO, Duration.ofSeconds(1))),
        breaker(
            "longest must be in [PT2S, PT1H]: PT1S",
            it -> it.openWait(Duration.ofSeconds(2), Duration.ofSeconds(1))),
        breaker("probes must be in [1, 1000]: 1001", it -> it.probes(1_001)),
        breaker(
            "longestProbe must be in [PT0.01S, PT1H]: PT2H",
            it -> it.longestProbe(Duration.ofHours(2))));
  }

  static Stream<Arguments> ofTheHedge() {
    return Stream.of(
        hedge("quantile must be in [0.5, 0.9999]: 0.4", it -> it.quantile(0.4)),
        hedge("quantile must be in [0.5, 0.9999]: 1.0", it -> it.quantile(1)),
        hedge("quantile must be in [0.5, 0.9999]: NaN", it -> it.quantile(Double.NaN)),
        hedge("maximumExtraLoad must be in [0.001, 1]: 0.0", it -> it.maximumExtraLoad(0)),
        hedge("maximumExtraLoad must be in [0.001, 1]: 2.0", it -> it.maximumExtraLoad(2)),
        hedge("window must be in [PT1S, PT10M]: PT0S", it -> it.window(Duration.ZERO)),
        hedge(
            "minimumDelay must be in [PT0S, PT1M]: PT-1S",
            it -> it.minimumDelay(Duration.ofSeconds(-1))));
  }

  @ParameterizedTest
  @MethodSource("ofTheBreaker")
  void breaker_namesWhatIsOutOfRange(String message, Consumer<BreakerBuilder> settings) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> orders.breaker(settings))
        .withMessage(message);
  }

  @ParameterizedTest
  @MethodSource("ofTheHedge")
  void hedge_namesWhatIsOutOfRange(String message, Consumer<HedgeBuilder> settings) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> orders.hedge(budget, settings))
        .withMessage(message);
  }

  @Test
  void pipeline_namesWhatIsOutOfRange() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> orders.bulkhead(0))
        .withMessage("limit must be in [1, 1000000]: 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> orders.bulkhead(1).build().resizeBulkhead(1_000_001))
        .withMessage("limit must be in [1, 1000000]: 1000001");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> orders.attemptTimeout(Duration.ZERO))
        .withMessage("attemptTimeout must be in [PT0.001S, PT1H]: PT0S");
    assertThatNullPointerException().isThrownBy(() -> orders.fallbackFor(null));
    assertThatNullPointerException().isThrownBy(() -> orders.throttle(null));
  }

  private static Arguments breaker(String message, Consumer<BreakerBuilder> settings) {
    return Arguments.of(message, settings);
  }

  private static Arguments hedge(String message, Consumer<HedgeBuilder> settings) {
    return Arguments.of(message, settings);
  }
}
