package dev.scaling.resilience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;

import dev.scaling.testkit.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Calls on their caller's thread, when something about them goes wrong. */
@Timeout(30)
final class ResilienceFaultsTest {

  private static final Duration WAIT = Duration.ofMillis(300);

  private final PassingTime time = new PassingTime();
  private final RetryBudget budget =
      RetryBudget.builder("payments").inFlightMinimum(10).time(time).build();
  private final List<Integer> attempts = new ArrayList<>();

  @AfterEach
  void nothingLeaks() {
    assertThat(budget.snapshot().inFlight()).isZero();
    assertThat(budget.snapshot().callsUnderWay()).isZero();
  }

  @Test
  void interruptBetweenAttempts_endsTheCall_andKeepsTheFlag() {
    var orders =
        Resilience.builder("orders").retry(budget).time(new VirtualTime()).build();

    assertThatExceptionOfType(CancellationException.class)
        .isThrownBy(() -> orders.call(attempt -> {
          Thread.currentThread().interrupt();
          return failing(attempt, 9);
        }))
        .withMessage("orders: interrupted before a retry")
        .satisfies(e -> assertThat(e.getSuppressed()).hasSize(1));

    assertThat(Thread.interrupted()).isTrue();
    assertThat(attempts).containsExactly(1);
    assertThat(budget.balance()).isEqualTo(10, within(1e-6));
  }

  @Test
  void clockThatGoesBack_losesNothing_andTheCallEnds() throws Exception {
    String value = pipeline().call(attempt -> {
      time.pass(Duration.ofHours(-1));
      return failing(attempt, 1);
    });

    assertThat(value).isEqualTo("done");
    assertThat(attempts).containsExactly(1, 2);
  }

  @Test
  void waitThatTookTooLong_isFollowedByNoAttempt_andTheTokensAreBack() {
    time.late = Duration.ofMinutes(1);

    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> pipeline().call(attempt -> failing(attempt, 9)))
        .withMessage("attempt 1");

    assertThat(attempts).containsExactly(1);
    assertThat(budget.balance()).isEqualTo(10, within(1e-6));
  }

  /** A shared exception, too, that it throws again, or an error: no token may be lost over it. */
  @Test
  void classifierThatThrowsTheFailureItself_orAnError_isNoRetry() {
    var failure = new IOException("shared");
    var same = new IllegalStateException("same");
    var throwing = Resilience.builder("orders")
        .time(time)
        .retry(
            budget,
            retry -> retry.retryable(each -> {
              throw same;
            }))
        .build();
    assertThatIllegalStateException()
        .isThrownBy(() -> throwing.call(() -> {
          throw same;
        }));
    var erring = Resilience.builder("orders")
        .time(time)
        .retry(
            budget,
            retry -> retry.retryable(each -> {
              throw new NoSuchMethodError("of another version");
            }))
        .build();
    for (int i = 0; i < 3; i++) {
      assertThatExceptionOfType(IOException.class)
          .isThrownBy(() -> erring.call(() -> {
            throw failure;
          }));
    }
    assertThat(failure.getSuppressed()).hasSize(1);
  }

  /** Somebody wants this thread to stop, whatever a classifier thinks of the exception. */
  @Test
  void interruptInsideTheWork_isNotRetried() {
    var orders = Resilience.builder("orders")
        .time(time)
        .retry(budget, retry -> retry.retryable(failure -> true))
        .build();

    assertThatExceptionOfType(InterruptedException.class)
        .isThrownBy(() -> orders.call(attempt -> {
          attempts.add(attempt.number());
          throw new InterruptedException();
        }));

    assertThat(attempts).containsExactly(1);
  }

  @Test
  void classifierOrBackoffThatThrows_isNoRetry() {
    var classifier = Resilience.builder("orders")
        .time(time)
        .retry(
            budget,
            retry -> retry.retryable(failure -> {
              throw new IllegalStateException("classifier");
            }))
        .build();
    var backoff = Resilience.builder("orders")
        .time(time)
        .retry(
            budget,
            retry -> retry.backoff((retries, last, random) -> {
              throw new IllegalStateException("backoff");
            }))
        .build();

    for (Resilience each : List.of(classifier, backoff)) {
      assertThatExceptionOfType(IOException.class)
          .isThrownBy(() -> each.call(attempt -> failing(attempt, 9)))
          .withMessage("attempt 1")
          .satisfies(e -> assertThat(e.getSuppressed()).hasSize(1));
    }
  }

  private Resilience pipeline() {
    return builder().build();
  }

  private ResilienceBuilder builder() {
    return Resilience.builder("orders")
        .retry(budget, retry -> retry.backoff(Backoff.fixed(WAIT)))
        .time(time);
  }

  private String failing(Attempt attempt, int failures) throws IOException {
    attempts.add(attempt.number());
    if (attempt.number() <= failures) {
      throw new IOException("attempt " + attempt.number());
    }
    return "done";
  }
}
