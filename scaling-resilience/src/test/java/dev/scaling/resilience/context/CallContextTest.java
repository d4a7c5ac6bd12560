package dev.scaling.resilience.context;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.scaling.testkit.VirtualTime;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a context says, and what can be derived from it. */
final class CallContextTest {

  private final VirtualTime time = VirtualTime.startingAt(Long.MAX_VALUE - 1_000); // it wraps soon

  @Test
  void none_hasNoDeadline_andIsAFirstAttempt() {
    var none = CallContext.none();

    assertThat(none.remaining()).isEmpty();
    assertThat(none.isOver()).isFalse();
    assertThat(none.attempt()).isEqualTo(1);
    assertThat(none.isRetryWanted()).isTrue();
    assertThat(none).hasToString("CallContext[attempt 1]");
  }

  @Test
  void remaining_isLessAsTimePasses_andNotBelowZero() {
    var context = CallContext.none().within(Duration.ofSeconds(2), time);

    time.advance(Duration.ofMillis(500));
    assertThat(context.remaining()).contains(Duration.ofMillis(1_500));
    assertThat(context.isOver()).isFalse();

    time.advance(Duration.ofMillis(1_500));
    assertThat(context.remaining()).contains(Duration.ZERO);
    assertThat(context.isOver()).isTrue();

    time.advance(Duration.ofHours(1));
    assertThat(context.remaining()).contains(Duration.ZERO);
  }

  @Test
  void deadline_isNeverPutOff() {
    var context = CallContext.none().within(Duration.ofSeconds(2), time);
    time.advance(Duration.ofSeconds(1));

    assertThat(context.within(Duration.ofHours(1), time).remaining())
        .contains(Duration.ofSeconds(1));
    assertThat(context.within(Duration.ofMillis(10), time).remaining())
        .contains(Duration.ofMillis(10));

    time.advance(Duration.ofSeconds(1));
    assertThat(context.within(Duration.ofHours(1), time).isOver()).isTrue();
  }

  @Test
  void deadlineOfAnotherClock_isNotPutOffEither() {
    var other = VirtualTime.startingAt(-5);
    var context = CallContext.none().within(Duration.ofSeconds(2), time);

    var derived = context.within(Duration.ofHours(1), other);

    assertThat(derived.remaining()).contains(Duration.ofSeconds(2));
    other.advance(Duration.ofSeconds(2));
    assertThat(derived.isOver()).isTrue();
  }

  @Test
  void derivedContext_keepsTheRest() {
    var context = CallContext.none()
        .within(Duration.ofSeconds(2), time)
        .withoutRetry()
        .withAttempt(3)
        .within(Duration.ofSeconds(1), time);

    assertThat(context.attempt()).isEqualTo(3);
    assertThat(context.isRetryWanted()).isFalse();
    assertThat(context).hasToString("CallContext[attempt 3, PT1S left, no retry]");
    assertThat(CallContext.none().isRetryWanted()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1, 1_001})
  void attemptOutsideItsRange_isRejected(int attempt) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> CallContext.none().withAttempt(attempt))
        .withMessage("attempt must be in [1, 1000]: " + attempt);
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, 3_600_001})
  void remainingOutsideItsRange_isRejected(long millis) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> CallContext.none().within(Duration.ofMillis(millis), time))
        .withMessage("remaining must be in [PT0S, PT1H]: " + Duration.ofMillis(millis));
  }
}
