package dev.scaling.resilience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.scaling.core.internal.Handover;
import dev.scaling.resilience.context.CallContext;
import dev.scaling.testkit.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Attempts that take too long, and what is given up with them. */
@Timeout(60)
final class AttemptTimeoutTest {

  private static final Duration LIMIT = Duration.ofMillis(300);
  private static final Duration WAIT = Duration.ofMillis(100);
  private static final Duration DEADLINE = Duration.ofSeconds(2);

  private final VirtualTime time = new VirtualTime();
  private final RetryBudget budget =
      RetryBudget.builder("payments").inFlightMinimum(100).time(time).build();
  private final Resilience orders = Resilience.builder("orders")
      .deadline(DEADLINE)
      .retry(budget, retry -> retry.backoff(Backoff.fixed(WAIT)))
      .breaker()
      .bulkhead(1)
      .attemptTimeout(LIMIT)
      .executor(Runnable::run)
      .time(time)
      .build();
  private final List<CompletableFuture<String>> attempts = new ArrayList<>();
  private final List<String> cancelled = new ArrayList<>();

  @AfterEach
  void nothingLeaks() {
    assertThat(budget.snapshot().inFlight()).isZero();
    assertThat(budget.snapshot().callsUnderWay()).isZero();
    assertThat(orders.snapshot().bulkheadUsage()).isZero();
    assertThat(time.pending()).isZero();
  }

  @Test
  void attemptThatTakesTooLong_isCancelled_andRetried() {
    var result = orders.callAsync(this::attempt);
    time.advance(LIMIT);
    assertThat(attempts.get(0)).isCancelled();
    assertThat(cancelled).containsExactly("1 INITIAL");
    assertThat(budget.balance()).isEqualTo(10 - RetryBudget.TIMEOUT);

    time.advance(WAIT);
    attempts.get(1).complete("done");

    assertThat(result).isCompletedWithValue("done");
    assertThat(orders.snapshot().timeouts()).isEqualTo(1);
  }

  @Test
  void lastAttemptsTimeout_isWhatTheCallerHearsOf() {
    var result = orders.callAsync(this::attempt);
    time.advance(Duration.ofMillis(1_100));

    assertThat(result)
        .failsWithin(Duration.ZERO)
        .withThrowableThat()
        .havingCause()
        .isInstanceOf(Attempt.TimedOutException.class)
        .withMessage("orders: attempt 3 was not done within PT0.3S");
  }

  @Test
  void attemptKnowsItsOwnLimit_orTheDeadlineIfThatIsSooner() {
    List<Duration> limits = new ArrayList<>();
    var orders = Resilience.builder("orders")
        .deadline(Duration.ofMillis(500))
        .retry(budget, retry -> retry.backoff(Backoff.fixed(WAIT)))
        .attemptTimeout(LIMIT)
        .executor(Runnable::run)
        .time(time)
        .build();
    var result = orders.callAsync(attempt -> {
      limits.add(attempt.remaining());
      return attempt(attempt);
    });
    time.advance(Duration.ofMillis(500));

    assertThat(limits).containsExactly(LIMIT, WAIT);
    assertThat(result)
        .failsWithin(Duration.ZERO)
        .withThrowableThat()
        .withCauseInstanceOf(DeadlineExceededException.class);
  }

  @Test
  void callbackOfTheCancellation_thatThrows_isLogged_andTheRestIsDone() {
    var result = orders.callAsync(attempt -> {
      attempt.onCancel(() -> {
        throw new IllegalStateException("in the callback");
      });
      var future = new CompletableFuture<String>();
      attempts.add(future);
      return future;
    });
    time.advance(LIMIT);

    assertThat(attempts.get(0)).isCancelled();
    result.cancel(true);
  }

  @Test
  void callback_isSetOnce_andRunsAtOnceIfItIsTooLate() {
    var log = new PipelineLog("orders", time, new Handover("orders", Runnable::run));
    var attempt = new Attempt(1, Attempt.Kind.INITIAL, 0, time, CallContext.none());
    attempt.onCancel(() -> cancelled.add("one"));
    assertThatIllegalStateException()
        .isThrownBy(() -> attempt.onCancel(() -> {}))
        .withMessage("onCancel is set already");
    attempt.cancel(log);
    attempt.cancel(log);
    attempt.onCancel(() -> cancelled.add("two"));

    assertThat(cancelled).containsExactly("one", "two");
  }

  @Test
  void threadInTheWork_isInterrupted_andNotAfterIt() throws Exception {
    var inside = new CountDownLatch(1);
    var ticking = new Thread(() -> {
      await(inside);
      time.advance(LIMIT);
    });
    ticking.start();
    var once = Resilience.builder("once").attemptTimeout(LIMIT).time(time).build();

    assertThatExceptionOfType(Attempt.TimedOutException.class)
        .isThrownBy(() -> once.call(() -> {
          inside.countDown();
          new CountDownLatch(1).await(); // for ever
          return "never";
        }))
        .withMessage("once: attempt 1 was not done within PT0.3S")
        .satisfies(e ->
            assertThat(e.getSuppressed()).singleElement().isInstanceOf(InterruptedException.class));
    ticking.join();

    assertThat(Thread.currentThread().isInterrupted()).isFalse();
    assertThat(once.snapshot().timeouts()).isEqualTo(1);
    String value = once.call(() -> "done");
    assertThat(value).isEqualTo("done");
  }

  @Test
  void threadInTheWork_isInterruptedAtTheDeadline() throws Exception {
    var inside = new CountDownLatch(1);
    var ticking = new Thread(() -> {
      await(inside);
      time.advance(WAIT);
    });
    ticking.start();
    var once = Resilience.builder("once")
        .deadline(WAIT)
        .attemptTimeout(LIMIT)
        .time(time)
        .build();

    assertThatExceptionOfType(DeadlineExceededException.class)
        .isThrownBy(() -> once.call(() -> {
          inside.countDown();
          new CountDownLatch(1).await(); // for ever
          return "never";
        }));
    ticking.join();
    assertThat(once.snapshot().deadlines()).isEqualTo(1);
  }

  @Test
  void workThatIgnoresTheInterrupt_keepsItsValue_andTheFlagIsGone() throws Exception {
    var once = Resilience.builder("once").attemptTimeout(LIMIT).time(time).build();

    String value = once.call(() -> {
      time.advance(LIMIT);
      return "late";
    });

    assertThat(value).isEqualTo("late");
    assertThat(Thread.currentThread().isInterrupted()).isFalse();
  }

  @Test
  void fallback_isReturnedForChosenFailures_only() throws Exception {
    var plain = Resilience.builder("plain").executor(Runnable::run).time(time).build();
    String value = plain.call(attempt -> failing(new IOException("one")), failure -> "other");
    assertThat(value).isEqualTo("other");
    assertThat(plain.snapshot().fallbacks()).isEqualTo(1);
    assertThatIllegalStateException()
        .isThrownBy(() ->
            plain.call(attempt -> failing(new IllegalStateException("a bug")), failure -> "other"));
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> plain.call(attempt -> failing(new IOException("one")), failure -> {
          throw new IllegalStateException("in the fallback");
        }))
        .withMessage("one")
        .satisfies(e -> assertThat(e.getSuppressed()).hasSize(1));
  }

  @Test
  void fallbackOfAnAsynchronousCall_isReturned_andCancellingItCancelsTheCall() {
    var result = orders.callAsync(this::attempt, failure -> "other");
    time.advance(DEADLINE);
    assertThat(result).isCompletedWithValue("other");

    var second = orders.callAsync(this::attempt, failure -> "other");
    second.cancel(true);
    assertThat(attempts.get(attempts.size() - 1)).isCancelled();
    assertThat(orders.snapshot().fallbacks()).isEqualTo(1);
  }

  private static String failing(Exception failure) throws Exception {
    throw failure;
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private CompletableFuture<String> attempt(Attempt attempt) {
    attempt.onCancel(() -> cancelled.add(attempt.number() + " " + attempt.kind()));
    var future = new CompletableFuture<String>();
    attempts.add(future);
    return future;
  }
}
