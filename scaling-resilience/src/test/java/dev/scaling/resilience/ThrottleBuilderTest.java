package dev.scaling.resilience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Settings of a throttle: what they are, and what they may be. */
final class ThrottleBuilderTest {

  @Test
  void defaults_areAsDocumented() {
    assertThat(new ThrottleBuilder().rule())
        .isEqualTo(new ThrottleRule(2, Duration.ofMinutes(2).toNanos(), 600));
  }

  @Test
  void settings_areTaken() {
    var rule = new ThrottleBuilder()
        .k(1.01)
        .window(Duration.ofSeconds(1))
        .minimumPerSecond(1_000_000)
        .rule();

    assertThat(rule).isEqualTo(new ThrottleRule(1.01, 1_000_000_000, 1_000_000));
    assertThat(rule.refreshNanos()).isEqualTo(16_666_666);
    assertThat(new ThrottleBuilder().window(Duration.ofHours(1)).rule().refreshNanos())
        .isEqualTo(100_000_000);
  }

  @ParameterizedTest
  @ValueSource(doubles = {1, 1.0099, 10.01, -2, Double.NaN, Double.POSITIVE_INFINITY})
  void kOutsideItsRange_isRejected(double k) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ThrottleBuilder().k(k))
        .withMessage("k must be in [1.01, 10]: " + k);
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, 0, 999, 3_600_001})
  void windowOutsideItsRange_isRejected(long millis) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ThrottleBuilder().window(Duration.ofMillis(millis)))
        .withMessage("window must be in [PT1S, PT1H]: " + Duration.ofMillis(millis));
  }

  @ParameterizedTest
  @ValueSource(doubles = {-0.1, 1_000_001, Double.NaN})
  void minimumOutsideItsRange_isRejected(double perSecond) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ThrottleBuilder().minimumPerSecond(perSecond))
        .withMessage("minimumPerSecond must be in [0, 1000000]: " + perSecond);
  }
}
