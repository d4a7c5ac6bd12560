package dev.scaling.resilience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;
import static org.assertj.core.api.Assertions.within;

import dev.scaling.core.Time;
import dev.scaling.testkit.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Calls that hold no thread. */
@Timeout(60)
final class ResilienceAsyncTest {

  private static final Duration WAIT = Duration.ofMillis(300);
  private static final Duration DEADLINE = Duration.ofSeconds(2);

  private final VirtualTime time = new VirtualTime();
  private final RetryBudget budget =
      RetryBudget.builder("payments").inFlightMinimum(1_000).time(time).build();
  private final Resilience orders = Resilience.builder("orders")
      .deadline(DEADLINE)
      .retry(budget, retry -> retry.backoff(Backoff.fixed(WAIT)))
      .executor(Runnable::run)
      .time(time)
      .build();
  private final List<CompletableFuture<String>> attempts = new ArrayList<>();

  @AfterEach
  void nothingLeaks() {
    assertThat(budget.snapshot().inFlight()).isZero();
    assertThat(budget.snapshot().callsUnderWay()).isZero();
    assertThat(time.pending()).isZero();
  }

  @Test
  void callThatSucceeds_leavesNoTimer() {
    var result = orders.callAsync(this::attempt);
    attempts.get(0).complete("done");

    assertThat(result).isCompletedWithValue("done");
    assertThat(orders.snapshot())
        .isEqualTo(new Resilience.Snapshot(1, 1, 0, 0, 0, 0, 0, 0, 0, 0, null, 0));
  }

  @Test
  void attemptThatFails_isMadeAgainAfterTheWait() {
    var result = orders.callAsync(this::attempt);
    attempts.get(0).completeExceptionally(new IOException("one"));
    time.advance(WAIT.minusMillis(1));
    assertThat(attempts).hasSize(1);
    time.advance(Duration.ofMillis(1));
    attempts.get(1).complete("done");

    assertThat(result).isCompletedWithValue("done");
    assertThat(orders.snapshot().retries()).isEqualTo(1);
    assertThat(budget.balance()).isEqualTo(10, within(1e-6));
  }

  @Test
  void lastFailure_isWhatTheCallerHearsOf() {
    var result = orders.callAsync(attempt -> {
      throw new IOException("attempt " + attempt.number());
    });
    time.advance(DEADLINE);

    assertThat(result)
        .isCompletedExceptionally()
        .failsWithin(Duration.ZERO)
        .withThrowableThat()
        .withCauseInstanceOf(IOException.class)
        .withMessageContaining("attempt 3");
  }

  @Test
  void workThatReturnsNothing_fails() {
    assertThat(orders.callAsync(attempt -> null))
        .failsWithin(Duration.ZERO)
        .withThrowableThat()
        .withMessageContaining("orders: the work returned no stage");
  }

  @Test
  void attemptThatNeverEnds_isCancelledAtTheDeadline() {
    var result = orders.callAsync(this::attempt);
    time.advance(DEADLINE);

    assertThat(attempts.get(0)).isCancelled();
    assertThat(result)
        .failsWithin(Duration.ZERO)
        .withThrowableThat()
        .withCauseInstanceOf(DeadlineExceededException.class)
        .withMessageContaining("orders: not done within PT2S; attempt 1 was under way");
    assertThat(orders.snapshot().deadlines()).isEqualTo(1);
  }

  @Test
  void attemptThatWouldBeginTooLate_isNotMade_thoughTheTimerOfTheDeadlineIsLate() {
    var late = new LateTime(time);
    var pipeline = Resilience.builder("late")
        .deadline(DEADLINE)
        .retry(budget, retry -> retry.backoff(Backoff.fixed(WAIT)))
        .executor(Runnable::run)
        .time(late)
        .build();
    var result = pipeline.callAsync(this::attempt);
    attempts.get(0).completeExceptionally(new IOException("one"));
    late.by = DEADLINE;
    time.advance(WAIT);

    assertThat(attempts).hasSize(1);
    assertThat(budget.balance()).isEqualTo(10, within(1e-6)); // it was not sent
    assertThat(result)
        .failsWithin(Duration.ZERO)
        .withThrowableThat()
        .withCauseInstanceOf(DeadlineExceededException.class);
  }

  @Test
  void callerWhoCancels_cancelsTheAttempt_andNoOtherIsMade() {
    var result = orders.callAsync(this::attempt);
    result.cancel(true);
    time.advance(DEADLINE);

    assertThat(attempts).singleElement().satisfies(only -> assertThat(only).isCancelled());
  }

  @Test
  void callerWhoCancelsBetweenAttempts_hasTheTokensBack() {
    var result = orders.callAsync(this::attempt);
    attempts.get(0).completeExceptionally(new IOException("one"));
    assertThat(budget.balance()).isEqualTo(9, within(1e-6));

    result.cancel(true);

    assertThat(budget.balance()).isEqualTo(10, within(1e-6));
    time.advance(DEADLINE);
    assertThat(attempts).hasSize(1);
  }

  @Test
  void callerWhoCompletesTheResult_endsTheCall() {
    var result = orders.callAsync(this::attempt);

    result.complete("mine");

    assertThat(attempts.get(0)).isCancelled();
  }

  @Test
  void attemptThatIsCancelled_isAFailureThatIsNotRetried() {
    var result = orders.callAsync(this::attempt);
    attempts.get(0).cancel(true);

    assertThat(result)
        .failsWithin(Duration.ZERO)
        .withThrowableThat()
        .isInstanceOf(CancellationException.class);
  }

  @Test
  void attemptThatEndsTwice_orTooLate_changesNothing() {
    var result = orders.callAsync(this::attempt);
    attempts.get(0).completeExceptionally(new IOException("one"));
    attempts.get(0).obtrudeValue("late");
    time.advance(WAIT);
    attempts.get(1).complete("done");

    assertThat(result).isCompletedWithValue("done");
  }

  @Test
  void aHundredThousandCallsThatWait_holdNoThread_andLeaveNoTimer() {
    var many = Resilience.builder("many")
        .deadline(DEADLINE)
        .retry(
            RetryBudget.builder("many")
                .burst(10_000)
                .minimumPerSecond(1_000)
                .inFlightMinimum(1_000)
                .inFlightRatio(1)
                .time(time)
                .build(),
            retry -> retry.backoff(Backoff.fixed(WAIT)))
        .executor(Runnable::run)
        .time(time)
        .build();
    int threads = Thread.activeCount();
    List<CompletableFuture<String>> results = new ArrayList<>();
    for (int i = 0; i < 100_000; i++) {
      results.add(many.callAsync(attempt -> attempt.number() == 1
          ? CompletableFuture.failedFuture(new IOException("one"))
          : CompletableFuture.completedFuture("done")));
    }
    assertThat(many.snapshot().refusedByBudget()).isEqualTo(90_000);
    assertThat(Thread.activeCount()).isLessThanOrEqualTo(threads);

    time.advance(DEADLINE);

    assertThat(results.stream().filter(each -> !each.isCompletedExceptionally()).count())
        .isEqualTo(10_000);
    assertThat(time.pending()).isZero();
  }

  @Test
  void callsAfterClose_goOn() {
    var result = orders.callAsync(this::attempt);
    attempts.get(0).completeExceptionally(new IOException("one"));
    orders.close();
    time.advance(WAIT);
    assertThatNoException().isThrownBy(() -> attempts.get(1).complete("done"));

    assertThat(result).isCompletedWithValue("done");
  }

  private CompletableFuture<String> attempt(Attempt attempt) {
    var future = new CompletableFuture<String>();
    attempts.add(future);
    return future;
  }

  /** Clocks that are ahead of the timers, as after a pause of the process. */
  private static final class LateTime implements Time {

    private final Time timers;
    private Duration by = Duration.ZERO;

    LateTime(Time timers) {
      this.timers = timers;
    }

    @Override
    public long nanoTime() {
      return timers.nanoTime() + by.toNanos();
    }

    @Override
    public long currentTimeMillis() {
      return timers.currentTimeMillis();
    }

    @Override
    public Cancellable schedule(Runnable task, Duration delay) {
      return timers.schedule(task, delay);
    }
  }
}
