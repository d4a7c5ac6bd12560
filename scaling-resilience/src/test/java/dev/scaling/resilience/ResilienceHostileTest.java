package dev.scaling.resilience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import dev.scaling.core.Time;
import dev.scaling.resilience.context.CallContext;
import dev.scaling.testkit.VirtualTime;
import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.bulkhead.BulkheadConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.State;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Stages, executors, timers and listeners that do not do what they should. */
@Timeout(60)
final class ResilienceHostileTest {

  private static final Duration WAIT = Duration.ofMillis(300);
  private static final Duration DEADLINE = Duration.ofSeconds(2);

  private final VirtualTime time = new VirtualTime();
  private final RetryBudget budget =
      RetryBudget.builder("payments").inFlightMinimum(100).time(time).build();
  private final List<CompletableFuture<String>> replies = new ArrayList<>();

  @AfterEach
  void nothingLeaks() {
    assertThat(budget.snapshot().inFlight()).isZero();
    assertThat(budget.snapshot().callsUnderWay()).isZero();
  }

  @Test
  void stageThatCannotBeCancelled_doesNotKeepTheCallFromItsEnd() {
    var orders = builder().bulkhead(1).build();

    var result = orders.callAsync(attempt -> new Stubborn());
    time.advance(DEADLINE);

    assertThat(result).isCompletedExceptionally();
    assertThat(orders.snapshot().bulkheadUsage()).isZero();
  }

  @Test
  void listenerOfABulkheadThatThrows_losesNothing() {
    var bulkhead =
        Bulkhead.of("b", BulkheadConfig.custom().maxConcurrentCalls(1).build());
    bulkhead.getEventPublisher().onCallFinished(event -> {
      throw new IllegalStateException("in the listener");
    });
    var orders = builder().bulkhead(bulkhead).build();

    assertThat(orders.callAsync(attempt -> CompletableFuture.completedFuture("done")))
        .isCompletedWithValue("done");
    var late = orders.callAsync(this::attempt);
    time.advance(DEADLINE);

    assertThat(late).isCompletedExceptionally();
    assertThat(orders.snapshot().bulkheadUsage()).isZero();
  }

  @Test
  void executorThatRefusesARetry_endsTheCall_andTheWorkRunsNowhereElse() {
    var isRefusing = new AtomicBoolean();
    var orders = builder()
        .executor(task -> {
          if (isRefusing.get()) {
            throw new RejectedExecutionException("full");
          }
          task.run();
        })
        .build();
    var result = orders.callAsync(this::attempt);
    replies.get(0).completeExceptionally(new IOException("one"));
    isRefusing.set(true);
    time.advance(WAIT);

    assertThat(replies).hasSize(1);
    assertThat(result)
        .failsWithin(Duration.ZERO)
        .withThrowableThat()
        .withCauseInstanceOf(IOException.class);
    assertThat(budget.balance()).isEqualTo(10, within(1e-6));
  }

  @Test
  void closedPipelineOfItsOwnThreads_keepsThemUntilItsCallsAreOver() {
    var orders = Resilience.builder("orders")
        .deadline(DEADLINE)
        .retry(budget, retry -> retry.backoff(Backoff.fixed(WAIT)))
        .time(time)
        .build();
    var threads = new ArrayList<String>();
    var result = orders.callAsync(attempt -> {
      threads.add(Thread.currentThread().getName());
      return attempt.number() == 1
          ? CompletableFuture.failedFuture(new IOException("one"))
          : CompletableFuture.completedFuture("done");
    });
    orders.close();
    time.advance(WAIT);

    assertThat(result.join()).isEqualTo("done");
    assertThat(threads.get(1)).isNotEqualTo(threads.get(0));
    time.advance(DEADLINE);
    assertThat(time.pending()).isZero();
  }

  @Test
  void probeWhoseTimerCannotBeSet_doesNotKeepTheCircuitHalfOpen() {
    var broken = new BrokenTime(time);
    var orders = Resilience.builder("orders")
        .breaker(breaker -> breaker.minimumCalls(1).probes(1))
        .time(broken)
        .build();
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> orders.call(() -> {
          throw new IOException("opens it");
        }));
    time.advance(Duration.ofSeconds(5));
    broken.isBroken = true;
    assertThatExceptionOfType(RejectedExecutionException.class)
        .isThrownBy(() -> orders.call(() -> "never"));
    broken.isBroken = false;

    assertThat(orders.callAsync(attempt -> CompletableFuture.completedFuture("done")))
        .isCompletedWithValue("done");
    assertThat(orders.snapshot().breaker()).isEqualTo(State.CLOSED);
  }

  @Test
  void bulkheadThatWaits_isNotFollowedByAnAttemptAfterTheDeadline() {
    var slow = new AtomicInteger();
    var bulkhead = Bulkhead.ofDefaults("slow");
    bulkhead.getEventPublisher().onCallPermitted(event -> {
      slow.incrementAndGet();
      time.advance(DEADLINE);
    });
    var orders = builder().bulkhead(bulkhead).build();

    assertThatExceptionOfType(DeadlineExceededException.class)
        .isThrownBy(() -> orders.call(() -> "never"));
    assertThat(orders.callAsync(this::attempt)).isCompletedExceptionally();

    assertThat(slow).hasValue(2);
    assertThat(replies).isEmpty();
    assertThat(orders.snapshot().bulkheadUsage()).isZero();
  }

  @Test
  void callsThatAreLate_areNoAcceptance_andNoAttempts() {
    var throttled = Resilience.builder("orders")
        .throttle(failure -> failure instanceof TimeoutException)
        .random(new Random(1))
        .executor(Runnable::run)
        .time(time)
        .build();
    for (int i = 0; i < 2_000; i++) {
      throttled.callAsync(attempt -> CompletableFuture.failedFuture(new TimeoutException("busy")));
      time.advance(Duration.ofMillis(20));
    }
    long rejected = throttled.snapshot().rejected();
    var over = CallContext.none().within(Duration.ZERO, time);
    for (int i = 0; i < 2_000; i++) {
      throttled.callAsync(over, attempt -> CompletableFuture.completedFuture("never"));
    }
    for (int i = 0; i < 100; i++) {
      throttled.callAsync(attempt -> CompletableFuture.failedFuture(new TimeoutException("busy")));
      time.advance(Duration.ofMillis(20));
    }

    assertThat(throttled.snapshot().rejected() - rejected).isGreaterThan(50);
  }

  @Test
  void windowOfOutcomes_holdsNoMoreSlicesThanItHas() {
    var window = new OutcomeWindow(Duration.ofSeconds(10), 0);
    for (long second = 1; second < 1_000; second++) {
      window.tick(Duration.ofSeconds(second).toNanos());
      window.succeeded();
      assertThat(window.slices()).isLessThanOrEqualTo(10);
    }
  }

  @Test
  void interruptOfSomebodyElse_isNotTakenForThatOfTheTimeout() {
    var interrupter = new Interrupter();
    Thread.currentThread().interrupt();
    assertThat(interrupter.interrupt()).isTrue();
    assertThat(interrupter.end()).isTrue();
    assertThat(Thread.interrupted()).isTrue();
    assertThat(interrupter.interrupt()).isFalse();
    assertThat(Thread.interrupted()).isFalse();
  }

  @Test
  void plainCall_countsAsAnyOther() throws Exception {
    var passing = new PassingTime();
    var own = RetryBudget.builder("own").time(passing).build();
    var orders = Resilience.builder("orders")
        .retry(own, retry -> retry.backoff(Backoff.fixed(WAIT)))
        .time(passing)
        .build();
    var failures = new AtomicInteger(2);

    String value = orders.call(() -> {
      if (failures.getAndDecrement() > 0) {
        throw new IOException("twice");
      }
      return "done";
    });

    assertThat(value).isEqualTo("done");
    assertThat(orders.snapshot().retries()).isEqualTo(2);
    assertThat(own.snapshot().firstSuccesses()).isZero();
    assertThat(own.snapshot().refunds()).isEqualTo(1);
  }

  private ResilienceBuilder builder() {
    return Resilience.builder("orders")
        .deadline(DEADLINE)
        .retry(budget, retry -> retry.backoff(Backoff.fixed(WAIT)))
        .executor(Runnable::run)
        .time(time);
  }

  private CompletableFuture<String> attempt(Attempt attempt) {
    var reply = new CompletableFuture<String>();
    replies.add(reply);
    return reply;
  }

  /** A stage that cannot be reached. */
  private static final class Stubborn extends CompletableFuture<String> {

    @Override
    public CompletableFuture<String> toCompletableFuture() {
      throw new IllegalStateException("no future");
    }
  }

  /** Timers that cannot be set for a while. */
  private static final class BrokenTime implements Time {

    private final Time timers;
    private boolean isBroken;

    BrokenTime(Time timers) {
      this.timers = timers;
    }

    @Override
    public long nanoTime() {
      return timers.nanoTime();
    }

    @Override
    public long currentTimeMillis() {
      return timers.currentTimeMillis();
    }

    @Override
    public Cancellable schedule(Runnable task, Duration delay) {
      if (isBroken) {
        throw new RejectedExecutionException("no timer");
      }
      return timers.schedule(task, delay);
    }
  }
}
