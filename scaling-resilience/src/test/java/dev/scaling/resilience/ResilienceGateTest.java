package dev.scaling.resilience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.scaling.resilience.CallRejectedException.Reason;
import dev.scaling.testkit.VirtualTime;
import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.bulkhead.BulkheadConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.State;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Breaker and bulkhead, as calls see them. */
final class ResilienceGateTest {

  private static final Duration WAIT = Duration.ofMillis(300);

  private final VirtualTime time = new VirtualTime();
  private final RetryBudget budget =
      RetryBudget.builder("payments").inFlightMinimum(100).burst(100).time(time).build();
  private final List<CompletableFuture<String>> attempts = new ArrayList<>();

  @AfterEach
  void nothingLeaks() {
    assertThat(budget.snapshot().inFlight()).isZero();
    assertThat(budget.snapshot().callsUnderWay()).isZero();
    assertThat(time.pending()).isZero();
  }

  @Test
  void openCircuit_refusesCalls_andSaysForHowLong() throws Exception {
    var orders = builder().breaker(breaker -> breaker.minimumCalls(2)).build();
    fail(orders, 2);

    var refusal =
        catchThrowableOfType(CallRejectedException.class, () -> orders.call(() -> "never"));

    assertThat(refusal.reason()).isEqualTo(Reason.BREAKER_OPEN);
    assertThat(refusal).hasMessage("orders: the circuit is open").hasNoSuppressedExceptions();
    assertThat(refusal.getStackTrace()).isEmpty();
    assertThat(refusal.retryAfter()).isPositive();
    assertThat(orders.snapshot().rejected()).isEqualTo(1);
    assertThat(orders.snapshot().breaker()).isEqualTo(State.OPEN);
    assertThat(budget.balance()).isEqualTo(100);

    time.advance(Duration.ofSeconds(5));
    for (int i = 0; i < 3; i++) {
      String value = orders.call(() -> "done");
      assertThat(value).isEqualTo("done");
    }
    assertThat(orders.snapshot().breaker()).isEqualTo(State.CLOSED);
  }

  @Test
  void circuitThatOpensBetweenAttempts_endsTheRetries_withTheLastFailure_andTheTokensBack() {
    var orders = retrying().breaker(breaker -> breaker.minimumCalls(2)).build();
    var result = orders.callAsync(this::attempt);
    attempts.get(0).completeExceptionally(new IOException("one"));
    fail(orders, 1);
    time.advance(WAIT);

    assertThat(attempts).hasSize(1);
    assertThat(result)
        .failsWithin(Duration.ZERO)
        .withThrowableThat()
        .withCauseInstanceOf(IOException.class)
        .satisfies(e -> assertThat(e.getCause().getSuppressed())
            .singleElement()
            .isInstanceOf(CallRejectedException.class));
    assertThat(budget.balance()).isEqualTo(100);
  }

  @Test
  void bulkhead_refusesWhatIsTooMuch_andLetsOthersInWhenThereIsRoom() {
    var orders = builder().bulkhead(2).build();
    var one = orders.callAsync(this::attempt);
    orders.callAsync(this::attempt);

    assertThat(orders.callAsync(this::attempt))
        .failsWithin(Duration.ZERO)
        .withThrowableThat()
        .havingCause()
        .isInstanceOf(CallRejectedException.class)
        .withMessage("orders: the bulkhead is full");
    assertThat(orders.snapshot().bulkheadUsage()).isEqualTo(2);

    attempts.get(0).complete("done");
    assertThat(one).isCompletedWithValue("done");
    assertThat(orders.callAsync(attempt -> CompletableFuture.completedFuture("done")))
        .isCompletedWithValue("done");
    attempts.get(1).complete("done");
    assertThat(orders.snapshot().bulkheadUsage()).isZero();
  }

  @Test
  void bulkheadThatShrinks_waitsForNobody() {
    var orders = builder().bulkhead(2).build();
    orders.callAsync(this::attempt);
    orders.callAsync(this::attempt);

    orders.resizeBulkhead(1);

    attempts.get(0).complete("done");
    assertThat(orders.callAsync(this::attempt)).isCompletedExceptionally();
    attempts.get(1).complete("done");
    assertThat(orders.callAsync(attempt -> CompletableFuture.completedFuture("done")))
        .isCompletedWithValue("done");
  }

  @Test
  void pipelineWithoutABulkheadOfANumber_cannotBeResized() {
    var theirs = builder().bulkhead(Bulkhead.ofDefaults("theirs")).build();

    assertThatIllegalStateException()
        .isThrownBy(() -> theirs.resizeBulkhead(1))
        .withMessage("orders: there is no bulkhead that can be resized");
  }

  @Test
  void whateverEndsAnAttempt_freesItsPlace() {
    var orders = retrying().bulkhead(1).breaker().build();
    orders.callAsync(this::attempt).cancel(true);
    orders.callAsync(this::attempt).complete("by the caller");
    orders.callAsync(attempt -> null);
    orders.callAsync(attempt -> {
      throw new AssertionError("an error");
    });
    assertThatExceptionOfType(AssertionError.class)
        .isThrownBy(() -> orders.call(() -> {
          throw new AssertionError("an error");
        }));
    orders.callAsync(this::attempt);
    time.advance(Duration.ofSeconds(10)); // its deadline
    orders.callAsync(this::attempt);
    attempts.get(attempts.size() - 1).completeExceptionally(new IOException("one"));
    assertThat(orders.snapshot().bulkheadUsage()).isZero();
    time.advance(WAIT);
    attempts.get(attempts.size() - 1).complete("done");

    assertThat(orders.snapshot().bulkheadUsage()).isZero();
    assertThat(orders.snapshot().rejected()).isZero();
  }

  @Test
  void instancesOfTheUsers_areObeyed() {
    var machine = CircuitBreaker.ofDefaults("theirs");
    var bulkhead =
        Bulkhead.of("theirs", BulkheadConfig.custom().maxConcurrentCalls(1).build());
    var orders = builder().breaker(machine).bulkhead(bulkhead).build();
    orders.callAsync(this::attempt);
    assertThat(orders.callAsync(this::attempt)).isCompletedExceptionally();
    assertThat(orders.snapshot().bulkheadUsage()).isEqualTo(1);
    attempts.get(0).complete("done");
    assertThat(machine.getMetrics().getNumberOfSuccessfulCalls()).isEqualTo(1);

    machine.transitionToForcedOpenState();
    assertThat(orders.callAsync(this::attempt)).isCompletedExceptionally();
    assertThat(attempts).hasSize(1);
    assertThat(bulkhead.getMetrics().getAvailableConcurrentCalls()).isEqualTo(1);
  }

  @Test
  void stages_areSortedByThePipeline_whateverTheOrderOfTheCalls() {
    var orders = builder()
        .attemptTimeout(Duration.ofMillis(300))
        .bulkhead(64)
        .breaker()
        .retry(budget)
        .deadline(Duration.ofSeconds(2))
        .build();

    assertThat(orders.explain())
        .isEqualTo(
            "orders: fallback > deadline PT2S > retry, at most 3 attempts, paid by payments > breaker"
                + " > bulkhead of 64 > attempt timeout PT0.3S > call");
  }

  private void fail(Resilience orders, int calls) {
    for (int i = 0; i < calls; i++) {
      assertThatExceptionOfType(IllegalArgumentException.class)
          .isThrownBy(() -> orders.call(() -> {
            throw new IllegalArgumentException("failed");
          }));
    }
  }

  private ResilienceBuilder retrying() {
    return builder().retry(budget, retry -> retry.backoff(Backoff.fixed(WAIT)));
  }

  private ResilienceBuilder builder() {
    return Resilience.builder("orders").executor(Runnable::run).time(time);
  }

  private CompletableFuture<String> attempt(Attempt attempt) {
    var future = new CompletableFuture<String>();
    attempts.add(future);
    return future;
  }
}
