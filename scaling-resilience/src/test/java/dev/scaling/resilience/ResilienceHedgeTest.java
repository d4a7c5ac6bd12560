package dev.scaling.resilience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;

import dev.scaling.resilience.Attempt.Kind;
import dev.scaling.resilience.context.CallContext;
import dev.scaling.testkit.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** First attempts that take long, and those that race them. */
@Timeout(60)
final class ResilienceHedgeTest {

  private static final Duration USUAL = Duration.ofMillis(10);
  private static final Duration TRIGGER = Duration.ofMillis(11); // a 32nd above the usual at most
  private static final Duration WAIT = Duration.ofMillis(300);

  private final VirtualTime time = new VirtualTime();
  private final RetryBudget budget =
      RetryBudget.builder("payments").inFlightMinimum(100).time(time).build();
  private final Resilience orders = pipeline(builder -> builder);
  private final List<Attempt> attempts = new ArrayList<>();
  private final List<CompletableFuture<String>> replies = new ArrayList<>();

  @AfterEach
  void nothingLeaks() {
    assertThat(budget.snapshot().inFlight()).isZero();
    assertThat(budget.snapshot().callsUnderWay()).isZero();
    assertThat(orders.snapshot().bulkheadUsage()).isZero();
    assertThat(time.pending()).isZero();
  }

  @Test
  void attemptThatTakesLong_isRaced_andTheFirstToSucceedCounts() {
    var result = slowCall(orders);
    assertThat(attempts).extracting(Attempt::kind).containsExactly(Kind.INITIAL, Kind.HEDGE);
    assertThat(attempts).extracting(Attempt::number).containsExactly(1, 2);
    replies.get(1).complete("by the hedge");

    assertThat(result).isCompletedWithValue("by the hedge");
    assertThat(replies.get(0)).isCancelled();
    assertThat(orders.snapshot().hedges()).isEqualTo(1);
    assertThat(budget.balance()).isEqualTo(10, within(1e-6));
  }

  @Test
  void hedgeThatLoses_isCancelled_andItsTokenIsSpent() {
    var result = slowCall(orders);
    replies.get(0).complete("by the first");

    assertThat(result).isCompletedWithValue("by the first");
    assertThat(replies.get(1)).isCancelled();
    assertThat(budget.balance()).isEqualTo(9.1, within(1e-6));
  }

  @Test
  void hedgeThatFails_failsNoCall() {
    var result = slowCall(orders);
    replies.get(1).completeExceptionally(new IllegalStateException("for good"));
    assertThat(result).isNotDone();
    replies.get(0).complete("done");

    assertThat(result).isCompletedWithValue("done");
  }

  @Test
  void firstThatFails_leavesTheCallToItsHedge() {
    var result = slowCall(orders);
    replies.get(0).completeExceptionally(new IOException("one"));
    assertThat(result).isNotDone();
    replies.get(1).complete("done");

    assertThat(result).isCompletedWithValue("done");
    assertThat(orders.snapshot().retries()).isZero();
  }

  @Test
  void firstThatFailsForGood_endsTheCall_andItsHedge() {
    var result = slowCall(orders);
    replies.get(0).completeExceptionally(new IllegalStateException("for good"));

    assertThat(result).isCompletedExceptionally();
    assertThat(replies.get(1)).isCancelled();
  }

  @Test
  void bothThatFail_areFollowedByARetry_thatIsNotHedged() {
    var result = slowCall(orders);
    replies.get(0).completeExceptionally(new IOException("one"));
    replies.get(1).completeExceptionally(new IOException("two"));
    time.advance(WAIT);
    assertThat(attempts).hasSize(3);
    assertThat(attempts.get(2).number()).isEqualTo(3);
    time.advance(WAIT);
    assertThat(attempts).hasSize(3);
    replies.get(2).complete("done");

    assertThat(result).isCompletedWithValue("done");
    assertThat(orders.snapshot().retries()).isEqualTo(1);
  }

  @Test
  void hedge_isSuppressed_whenItWouldDoHarm() {
    var full = pipeline(builder -> builder.bulkhead(1));
    warmUp(full);
    var one = full.callAsync(this::attempt);
    time.advance(TRIGGER);
    assertThat(attempts).hasSize(1);
    one.cancel(true);

    warmUp(orders);
    var unwanted = orders.callAsync(CallContext.none().withoutRetry(), this::attempt);
    var late =
        orders.callAsync(CallContext.none().within(TRIGGER.plusMillis(5), time), this::attempt);
    time.advance(TRIGGER);
    assertThat(attempts).hasSize(3);
    unwanted.cancel(true);
    late.cancel(true);

    List<RetryBudget.Withdrawal> taken = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      taken.add(budget.withdraw(1));
    }
    var unpaid = orders.callAsync(this::attempt);
    time.advance(TRIGGER);
    assertThat(attempts).hasSize(4);
    unpaid.cancel(true);
    taken.forEach(RetryBudget.Withdrawal::notSent);
  }

  @Test
  void callerWhoCancels_cancelsBoth() {
    slowCall(orders).cancel(true);

    assertThat(replies).hasSize(2).allSatisfy(each -> assertThat(each).isCancelled());
  }

  @Test
  void callThatBlocks_isRacedToo_andItsThreadIsInterrupted() throws Exception {
    var threads =
        Resilience.builder("threads").idempotent().hedge(budget).time(time).build();
    warmUp(threads);
    var inside = new CountDownLatch(1);
    var interrupted = new CountDownLatch(1);
    var ticking = new Thread(() -> {
      awaitQuietly(inside);
      time.advance(TRIGGER);
    });
    ticking.start();

    String value = threads.call(attempt -> {
      if (attempt.kind() == Kind.HEDGE) {
        return "by the hedge";
      }
      inside.countDown();
      try {
        new CountDownLatch(1).await(); // for ever
      } catch (InterruptedException e) {
        interrupted.countDown();
      }
      return "never";
    });

    assertThat(value).isEqualTo("by the hedge");
    interrupted.await();
    ticking.join();
    threads.close();
    time.advance(Duration.ofSeconds(10)); // its threads end with its last calls
  }

  @Test
  void callThatBlocks_throwsWhatItsWorkThrows_andCanBeInterrupted() {
    var threads =
        Resilience.builder("threads").idempotent().hedge(budget).time(time).build();
    var isInterrupted = new AtomicBoolean();
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> threads.call(() -> {
          throw new IOException("one");
        }));
    Thread.currentThread().interrupt();
    assertThatExceptionOfType(CancellationException.class)
        .isThrownBy(() -> threads.call(() -> {
          new CountDownLatch(1).await(); // for ever
          return "never";
        }))
        .withMessage("threads: interrupted during a call");
    isInterrupted.set(Thread.interrupted());
    assertThat(isInterrupted).isTrue();
    threads.close();
    time.advance(Duration.ofSeconds(10)); // its threads end with its last calls
  }

  @Test
  void hedge_needsIdempotentCalls_andTheBudgetOfTheRetries() {
    assertThatIllegalStateException()
        .isThrownBy(() -> Resilience.builder("orders").hedge(budget).build())
        .withMessage("orders: hedge needs calls that are idempotent()");
    assertThatIllegalStateException()
        .isThrownBy(() -> Resilience.builder("orders")
            .idempotent()
            .retry(RetryBudget.create("other"))
            .hedge(budget)
            .build())
        .withMessage("orders: retry and hedge must be paid from the same budget");
    assertThat(orders.explain()).contains("retry, at most 3 attempts").contains("> hedge after");
    assertThat(orders.amplificationBound()).isEqualTo(1.356, within(0.001));
  }

  private CompletableFuture<String> slowCall(Resilience pipeline) {
    warmUp(pipeline);
    var result = pipeline.callAsync(this::attempt);
    time.advance(TRIGGER);
    assertThat(attempts).hasSize(2);
    return result;
  }

  /** Makes as many usual calls as it takes to know how long they take. */
  private void warmUp(Resilience pipeline) {
    for (int i = 0; i < 200; i++) {
      var reply = new CompletableFuture<String>();
      pipeline.callAsync(attempt -> reply);
      time.advance(USUAL);
      reply.complete("done");
    }
  }

  private Resilience pipeline(UnaryOperator<ResilienceBuilder> more) {
    return more.apply(Resilience.builder("orders")
            .retry(budget, retry -> retry.backoff(Backoff.fixed(WAIT)))
            .idempotent()
            .hedge(budget)
            .breaker()
            .bulkhead(64)
            .executor(Runnable::run)
            .time(time))
        .build();
  }

  private CompletableFuture<String> attempt(Attempt attempt) {
    attempts.add(attempt);
    var reply = new CompletableFuture<String>();
    replies.add(reply);
    return reply;
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
