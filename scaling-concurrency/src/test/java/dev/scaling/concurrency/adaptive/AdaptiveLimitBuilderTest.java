package dev.scaling.concurrency.adaptive;

import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class AdaptiveLimitBuilderTest {

  private final AdaptiveLimitBuilder builder = AdaptiveLimit.builder("server");

  @ParameterizedTest
  @ValueSource(ints = {Integer.MIN_VALUE, -1, 0, 100_001, Integer.MAX_VALUE})
  void limits_areInRange(int value) {
    String range = " must be in [1, 100000]: " + value;
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.minimumLimit(value))
        .withMessage("minimumLimit" + range);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.initialLimit(value))
        .withMessage("initialLimit" + range);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.maximumLimit(value))
        .withMessage("maximumLimit" + range);
  }

  @Test
  void waits_areInRange() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.maximumWaiting(-1))
        .withMessage("maximumWaiting must be in [0, 10000]: -1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.maxWait(Duration.ZERO))
        .withMessage("maxWait must be in [PT0.001S, PT1M]: PT0S");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.maxWaitInOverload(Duration.ofSeconds(Long.MAX_VALUE)))
        .withMessageStartingWith("maxWaitInOverload must be in [PT0.001S, PT1M]: ");
  }

  @Test
  void settings_mustAgree_whateverTheirOrder() {
    assertThatIllegalStateException()
        .isThrownBy(() -> AdaptiveLimit.builder("server").maximumLimit(10).build())
        .withMessage("server: initialLimit must be in [minimumLimit, maximumLimit]: 20 in [1, 10]");
    assertThatIllegalStateException()
        .isThrownBy(() -> AdaptiveLimit.builder("server")
            .maxWaitInOverload(Duration.ofSeconds(1))
            .build())
        .withMessage("server: maxWaitInOverload must be at most maxWait: PT1S of PT0.1S");
  }

  @Test
  void name_isOneThatMayStandAnywhere() {
    assertThatIllegalArgumentException().isThrownBy(() -> AdaptiveLimit.builder("a b"));
  }

  @Test
  @SuppressWarnings("NullAway") // on purpose
  void nulls_areRefusedByName() {
    assertThatNullPointerException().isThrownBy(() -> builder.maxWait(null)).withMessage("maxWait");
    assertThatNullPointerException()
        .isThrownBy(() -> builder.overloadedWhen(null))
        .withMessage("overloadedWhen");
    assertThatNullPointerException().isThrownBy(() -> builder.time(null)).withMessage("time");
    try (var limit = builder.build()) {
      assertThatNullPointerException()
          .isThrownBy(() -> limit.acquire(null))
          .withMessage("priority");
      assertThatNullPointerException().isThrownBy(() -> limit.run(null)).withMessage("work");
      assertThatNullPointerException()
          .isThrownBy(() -> limit.runAsync(Priority.LOW, null))
          .withMessage("work");
    }
  }
}
