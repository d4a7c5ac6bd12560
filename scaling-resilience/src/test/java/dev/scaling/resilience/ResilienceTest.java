package dev.scaling.resilience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Calls on their caller's thread. */
@Timeout(30)
final class ResilienceTest {

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
  void callThatSucceeds_isMadeOnce() throws Exception {
    var orders = pipeline();

    String value = orders.call(() -> "done");

    assertThat(value).isEqualTo("done");

    assertThat(orders.snapshot())
        .isEqualTo(new Resilience.Snapshot(1, 1, 0, 0, 0, 0, 0, 0, 0, 0, null, 0));
    assertThat(time.waits).isEmpty();
    assertThat(budget.snapshot().firstSuccesses()).isEqualTo(1);
  }

  @Test
  void callThatFails_isRetried_untilItSucceeds() throws Exception {
    var orders = pipeline();

    String value = orders.call(attempt -> failing(attempt, 2));

    assertThat(value).isEqualTo("done");

    assertThat(attempts).containsExactly(1, 2, 3);
    assertThat(time.waits).containsExactly(WAIT, WAIT);
    assertThat(orders.snapshot())
        .isEqualTo(new Resilience.Snapshot(1, 1, 2, 0, 0, 0, 0, 0, 0, 0, null, 0));
    assertThat(budget.snapshot().firstSuccesses()).isZero();
    assertThat(budget.balance()).isEqualTo(9, within(1e-6));
  }

  @Test
  void plainCall_isRetriedToo() throws Exception {
    var left = new ArrayList<>(List.of(1));

    String value = pipeline().call(() -> {
      if (!left.isEmpty()) {
        left.remove(0);
        throw new IOException("once");
      }
      return "done";
    });

    assertThat(value).isEqualTo("done");
  }

  @Test
  void lastFailure_isWhatTheCallerHearsOf_withTheOneBefore() {
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> pipeline().call(attempt -> failing(attempt, 9)))
        .withMessage("attempt 3")
        .satisfies(e -> assertThat(e.getSuppressed())
            .singleElement()
            .satisfies(before -> assertThat(before).hasMessage("attempt 2")));
  }

  @Test
  void failureThatDoesNotGoAway_isNotRetried() {
    var orders = pipeline();

    assertThatIllegalStateException()
        .isThrownBy(() -> orders.call(attempt -> {
          attempts.add(attempt.number());
          throw new IllegalStateException("for good");
        }));
    assertThatExceptionOfType(AssertionError.class)
        .isThrownBy(() -> orders.call(attempt -> {
          attempts.add(attempt.number());
          throw new AssertionError("an error");
        }));

    assertThat(attempts).containsExactly(1, 1);
  }

  @Test
  void emptyBudget_endsRetries_andTheCallerHearsOfTheFailure() {
    var orders = pipeline();
    var taken = new ArrayList<RetryBudget.Withdrawal>();
    for (int i = 0; i < 10; i++) {
      taken.add(budget.withdraw(1));
    }

    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> orders.call(attempt -> failing(attempt, 9)))
        .withMessage("attempt 1");

    assertThat(orders.snapshot().refusedByBudget()).isEqualTo(1);
    taken.forEach(RetryBudget.Withdrawal::failed);
  }

  @Test
  void attemptThatCouldOnlyBeginTooLate_isNotMade() {
    var orders = builder().deadline(WAIT).build();

    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> orders.call(attempt -> failing(attempt, 9)))
        .withMessage("attempt 1");

    assertThat(orders.snapshot().refusedByDeadline()).isEqualTo(1);
    assertThat(time.waits).isEmpty();
  }

  @Test
  void attempt_knowsHowMuchTimeIsLeft() throws Exception {
    var orders = builder().deadline(Duration.ofSeconds(1)).build();
    List<Duration> remaining = new ArrayList<>();

    orders.call(attempt -> {
      remaining.add(attempt.remaining());
      time.pass(Duration.ofMillis(100));
      return failing(attempt, 1);
    });

    assertThat(remaining).containsExactly(Duration.ofSeconds(1), Duration.ofMillis(600));
  }

  @Test
  void timeout_costsMore() {
    var orders = builder().build();

    assertThatExceptionOfType(TimeoutException.class)
        .isThrownBy(() -> orders.call(attempt -> {
          throw new TimeoutException();
        }));

    assertThat(budget.balance()).isEqualTo(10 - 2 * RetryBudget.TIMEOUT, within(1e-6));
  }

  @Test
  void pipelineWithoutRetry_makesOneAttempt() {
    var orders = Resilience.builder("orders").time(time).build();

    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> orders.call(attempt -> failing(attempt, 9)));

    assertThat(attempts).containsExactly(1);
    assertThat(orders.amplificationBound()).isEqualTo(1);
    assertThat(orders.explain()).isEqualTo("orders: fallback > deadline PT10S > call");
  }

  @Test
  void explanation_namesTheStagesInTheirOrder() {
    assertThat(pipeline().explain())
        .isEqualTo(
            "orders: fallback > deadline PT10S > retry, at most 3 attempts, paid by payments > call");
    assertThat(pipeline().amplificationBound()).isEqualTo(1.307, within(0.001));
    assertThat(pipeline())
        .hasToString(
            "Resilience[orders: fallback > deadline PT10S > retry, at most 3 attempts, paid by"
                + " payments > call]");
  }

  @Test
  void closedPipeline_refusesCalls() {
    var orders = pipeline();
    orders.close();
    orders.close();

    assertThatIllegalStateException()
        .isThrownBy(() -> orders.call(() -> "done"))
        .withMessage("orders: the pipeline is closed");
    assertThatIllegalStateException().isThrownBy(() -> orders.callAsync(attempt -> null));
    assertThat(budget.snapshot().calls()).isZero();
  }

  @Test
  void badInput_isNamed() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder().deadline(Duration.ZERO))
        .withMessage("deadline must be in [PT0.001S, PT1H]: PT0S");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder().retry(budget, retry -> retry.attempts(1)))
        .withMessage("attempts must be in [2, 100]: 1");
    assertThatNullPointerException().isThrownBy(() -> builder().retry(null)).withMessage("budget");
    assertThatNullPointerException()
        .isThrownBy(() -> pipeline().callAsync(null))
        .withMessage("work");
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
