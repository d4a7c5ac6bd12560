package dev.scaling.resilience.shed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Settings of a shedder: what they are, and what they may be. */
final class ShedderBuilderTest {

  private final ShedderBuilder builder = Shedder.builder("orders");

  @Test
  void defaults_areAsDocumented() {
    assertThat(builder.rule())
        .isEqualTo(new ShedRule(
            Map.of(
                Priority.CRITICAL,
                1_000,
                Priority.NORMAL,
                900,
                Priority.DEGRADED,
                700,
                Priority.BULK,
                500),
            500,
            800));
    assertThat(builder.limit).isEqualTo(64);
    assertThat(builder.isRetryLower).isFalse();
    assertThat(builder.retryAfter).isEqualTo(Duration.ofSeconds(1));
  }

  @Test
  void settings_areTaken() {
    var rule = builder
        .priorityRatio(Priority.CRITICAL, 0.5)
        .priorityRatio(Priority.NORMAL, 0.5)
        .priorityRatio(Priority.DEGRADED, 0.2)
        .priorityRatio(Priority.BULK, 0.001)
        .callerRatio(0.25)
        .busyRatio(0)
        .rule();

    assertThat(rule)
        .isEqualTo(new ShedRule(
            Map.of(
                Priority.CRITICAL,
                500,
                Priority.NORMAL,
                500,
                Priority.DEGRADED,
                200,
                Priority.BULK,
                1),
            250,
            0));
  }

  @Test
  void ceilings_neverGrowWithLessPriority_andNoneIsAboveTheLimit() {
    var rule = builder.rule();
    for (int limit = 1; limit < 2_000; limit++) {
      int higher = limit;
      for (var priority : Priority.values()) {
        assertThat(rule.ceiling(priority, limit)).isBetween(1, higher);
        higher = rule.ceiling(priority, limit);
      }
    }
    assertThat(rule.ceiling(Priority.NORMAL, 1_000_000)).isEqualTo(900_000);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1, 1_000_001})
  void limitOutsideItsRange_isRejected(int limit) {
    String message = "limit must be in [1, 1000000]: " + limit;

    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.limit(limit))
        .withMessage(message);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.build().limit(limit))
        .withMessage(message);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -0.1, 1.1, Double.NaN})
  void shareOutsideItsRange_isRejected(double ratio) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.priorityRatio(Priority.BULK, ratio))
        .withMessage("priorityRatio must be in [0.001, 1]: " + ratio);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.callerRatio(ratio))
        .withMessage("callerRatio must be in [0.001, 1]: " + ratio);
  }

  @ParameterizedTest
  @ValueSource(doubles = {-0.1, 1.1, Double.NaN})
  void busyRatioOutsideItsRange_isRejected(double ratio) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.busyRatio(ratio))
        .withMessage("busyRatio must be in [0, 1]: " + ratio);
  }

  @Test
  void retryAfterOutsideItsRange_isRejected() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.retryAfter(Duration.ofHours(2)))
        .withMessage("retryAfter must be in [PT0S, PT1H]: PT2H");
  }

  @Test
  void lowerPriorityWithMore_isRejected() {
    builder.priorityRatio(Priority.BULK, 0.8);

    assertThatIllegalStateException()
        .isThrownBy(builder::build)
        .withMessage("priorityRatio must not be greater for a lower priority: "
            + "BULK has more than DEGRADED");
  }
}
