package dev.scaling.resilience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import dev.scaling.resilience.CallRejectedException.Reason;
import dev.scaling.resilience.context.CallContext;
import dev.scaling.resilience.context.CallContextCodec;
import dev.scaling.resilience.context.RetryHint;
import dev.scaling.testkit.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What callers and callees say, and what a pipeline makes of it. */
@Timeout(60)
final class ResilienceContextTest {

  private static final Duration WAIT = Duration.ofMillis(300);
  private static final Duration DEADLINE = Duration.ofSeconds(2);

  private final VirtualTime time = new VirtualTime();
  private final RetryBudget budget =
      RetryBudget.builder("payments").inFlightMinimum(100).time(time).build();
  private final Resilience orders = builder().build();
  private final List<Attempt> attempts = new ArrayList<>();
  private final List<CompletableFuture<String>> replies = new ArrayList<>();

  @AfterEach
  void nothingLeaks() {
    assertThat(budget.snapshot().inFlight()).isZero();
    assertThat(budget.snapshot().callsUnderWay()).isZero();
    assertThat(time.pending()).isZero();
  }

  @Test
  void deadlineOfTheCaller_isTheCalls_ifItIsSooner() {
    var context = CallContext.none().within(WAIT, time);
    var result = orders.callAsync(context, this::attempt);
    assertThat(attempts.get(0).remaining()).isEqualTo(WAIT);
    time.advance(WAIT);

    assertThat(result)
        .failsWithin(Duration.ZERO)
        .withThrowableThat()
        .havingCause()
        .isInstanceOf(DeadlineExceededException.class)
        .withMessage("orders: not done within PT0.3S; attempt 1 was under way");

    var generous = CallContext.none().within(DEADLINE.multipliedBy(2), time);
    orders.callAsync(generous, this::attempt).cancel(true);
    assertThat(attempts.get(1).remaining()).isEqualTo(DEADLINE);
  }

  @Test
  void callWhoseDeadlineIsOver_isNotMade() {
    var over = CallContext.none().within(Duration.ZERO, time);

    assertThat(orders.callAsync(over, this::attempt)).isCompletedExceptionally();
    assertThatExceptionOfType(DeadlineExceededException.class)
        .isThrownBy(() -> orders.call(over, attempt -> "never"));

    assertThat(attempts).isEmpty();
    assertThat(orders.snapshot().deadlines()).isEqualTo(2);
  }

  @Test
  void callWhoseDeadlineIsOver_hasItsFallback() throws Exception {
    var over = CallContext.none().within(Duration.ZERO, time);

    String value = orders.call(over, attempt -> "never", failure -> "other");

    assertThat(value).isEqualTo("other");
    assertThat(orders.callAsync(over, this::attempt, failure -> "other"))
        .isCompletedWithValue("other");
  }

  @Test
  void callerWhoWantsNoRetry_getsNone() {
    var result = orders.callAsync(CallContext.none().withoutRetry(), this::attempt);
    replies.get(0).completeExceptionally(new IOException("one"));

    assertThat(result).isCompletedExceptionally();
  }

  @Test
  void calleeHears_howLongItsCallerWaits_andWhichAttemptItIs() {
    var result =
        orders.callAsync(CallContext.none().within(Duration.ofSeconds(1), time), this::attempt);
    replies.get(0).completeExceptionally(new IOException("one"));
    time.advance(WAIT);
    Map<String, String> headers = new HashMap<>();
    CallContextCodec.standard().write(attempts.get(1).context(), headers::put);

    assertThat(headers)
        .isEqualTo(Map.of("scaling-remaining-millis", "700", "scaling-attempt", "2"));
    result.cancel(true);
  }

  @Test
  void hintOfTheCallee_isFollowed_withinFiveSecondsOfTheBackoff_andIsCheap() {
    var hinted = builder(retry -> retry.hint(failure -> RetryHint.after(Duration.ofMillis(500))))
        .deadline(Duration.ofSeconds(20))
        .build();
    hinted.callAsync(this::attempt);
    replies.get(0).completeExceptionally(new IOException("one"));
    assertThat(budget.balance()).isEqualTo(10 - RetryBudget.THROTTLED, within(1e-6));
    time.advance(Duration.ofMillis(499));
    assertThat(attempts).hasSize(1);
    time.advance(Duration.ofMillis(1));
    replies.get(1).complete("done");

    var stubborn = builder(retry -> retry.hint(failure -> RetryHint.after(Duration.ofHours(1))))
        .deadline(Duration.ofSeconds(20))
        .build();
    stubborn.callAsync(this::attempt);
    replies.get(2).completeExceptionally(new IOException("one"));
    time.advance(WAIT.plusSeconds(5));
    assertThat(attempts).hasSize(4);
    replies.get(3).complete("done");
  }

  @Test
  void calleeThatWantsNoRetry_getsNone_norDoesAHintThatCannotBeRead() {
    var never = builder(retry -> retry.hint(failure -> RetryHint.never())).build();
    var result = never.callAsync(this::attempt);
    replies.get(0).completeExceptionally(new IOException("one"));
    assertThat(result).isCompletedExceptionally();

    var broken = builder(retry -> retry.hint(failure -> {
          throw new IllegalStateException("in the hint");
        }))
        .build();
    var failure = new IOException("two");
    var second = broken.callAsync(this::attempt);
    replies.get(1).completeExceptionally(failure);
    assertThat(second).isCompletedExceptionally();
    assertThat(failure.getSuppressed()).singleElement().isInstanceOf(IllegalStateException.class);
  }

  @Test
  void retryThatCouldNotEndInTime_isNotMade() {
    usualCalls(Duration.ofMillis(900));

    var result = orders.callAsync(this::attempt);
    time.advance(Duration.ofMillis(850));
    replies.get(0).completeExceptionally(new IOException("one")); // 850 ms are left after the wait

    assertThat(result)
        .failsWithin(Duration.ZERO)
        .withThrowableThat()
        .withCauseInstanceOf(IOException.class);
    assertThat(orders.snapshot().refusedByDeadline()).isEqualTo(1);
  }

  @Test
  void firstAttempt_isMadeThoughOthersTookLonger() {
    usualCalls(Duration.ofMillis(900));

    orders.callAsync(CallContext.none().within(WAIT, time), this::attempt).cancel(true);

    assertThat(attempts).hasSize(1);
  }

  @Test
  void throttle_refusesCalls_whileTheCalleeDoes_andNotForOtherFailures() {
    var throttled = Resilience.builder("orders")
        .throttle(failure -> failure instanceof TimeoutException)
        .random(new Random(1))
        .executor(Runnable::run)
        .time(time)
        .build();
    for (int i = 0; i < 3_000; i++) {
      throttled.callAsync(attempt -> CompletableFuture.failedFuture(new IOException("other")));
      time.advance(Duration.ofMillis(20));
    }
    assertThat(throttled.snapshot().rejected()).isZero();

    for (int i = 0; i < 12_000; i++) {
      throttled.callAsync(attempt -> CompletableFuture.failedFuture(new TimeoutException("busy")));
      time.advance(Duration.ofMillis(20));
    }

    assertThat(throttled.snapshot().rejected()).isBetween(6_000L, 11_000L);
    assertThatExceptionOfType(CallRejectedException.class)
        .isThrownBy(() -> {
          for (int i = 0; i < 100; i++) {
            throttled.call(() -> "done");
          }
        })
        .satisfies(refusal -> assertThat(refusal.reason()).isEqualTo(Reason.THROTTLED));
    assertThat(throttled.explain())
        .isEqualTo("orders: fallback > deadline PT10S > throttle > call");
  }

  @Test
  void throttleWhosePredicateThrows_refusesNothing() {
    var throttled = Resilience.builder("orders")
        .throttle(failure -> {
          throw new IllegalStateException("in the predicate");
        })
        .executor(Runnable::run)
        .time(time)
        .build();
    for (int i = 0; i < 5_000; i++) {
      throttled.callAsync(attempt -> CompletableFuture.failedFuture(new IOException("other")));
      time.advance(Duration.ofMillis(20));
    }

    assertThat(throttled.snapshot().rejected()).isZero();
  }

  private void usualCalls(Duration each) {
    for (int i = 0; i < 20; i++) {
      List<CompletableFuture<String>> usual = new ArrayList<>();
      for (int k = 0; k < 5; k++) {
        orders.callAsync(attempt -> {
          usual.add(new CompletableFuture<>());
          return usual.get(usual.size() - 1);
        });
      }
      time.advance(each);
      usual.forEach(reply -> reply.complete("done"));
    }
  }

  private ResilienceBuilder builder() {
    return builder(retry -> {});
  }

  private ResilienceBuilder builder(Consumer<RetryBuilder> more) {
    return Resilience.builder("orders")
        .deadline(DEADLINE)
        .retry(budget, retry -> more.accept(retry.backoff(Backoff.fixed(WAIT))))
        .executor(Runnable::run)
        .time(time);
  }

  private CompletableFuture<String> attempt(Attempt attempt) {
    attempts.add(attempt);
    var reply = new CompletableFuture<String>();
    replies.add(reply);
    return reply;
  }
}
