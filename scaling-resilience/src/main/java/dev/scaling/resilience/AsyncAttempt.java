package dev.scaling.resilience;

import dev.scaling.resilience.Attempt.Kind;
import dev.scaling.resilience.Resilience.AsyncWork;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * An attempt of an {@link AsyncCall} that has passed the gate. It ends once: whoever claims it lets
 * it leave the gate. Safe for use by many threads.
 */
final class AsyncAttempt<V extends @Nullable Object> {

  private final AsyncCall<V> call;
  private final Resilience pipeline;
  private final Attempt attempt;
  private final Permit permit;
  private final RetryBudget.@Nullable Withdrawal paid; // of a hedge
  private final long beganNanos;
  private final TimerSlot timer = new TimerSlot();
  private final AtomicBoolean ended = new AtomicBoolean();
  private volatile @Nullable CompletionStage<V> stage;

  AsyncAttempt(
      AsyncCall<V> call,
      Resilience pipeline,
      Attempt attempt,
      Permit permit,
      RetryBudget.@Nullable Withdrawal paid,
      long beganNanos) {
    this.call = call;
    this.pipeline = pipeline;
    this.attempt = attempt;
    this.permit = permit;
    this.paid = paid;
    this.beganNanos = beganNanos;
  }

  void begin(AsyncWork<V> work) {
    CompletionStage<V> begun;
    try {
      if (pipeline.attemptTimeout != null) {
        var limit = attempt.remaining();
        timer.set(
            pipeline.time.schedule(() -> pipeline.handover.deliver(() -> expire(limit)), limit));
      }
      begun = work.run(attempt);
      if (begun == null) {
        throw new NullPointerException(pipeline.name + ": the work returned no stage");
      }
    } catch (Throwable e) { // a failure like any other, so that it can be retried
      begun = CompletableFuture.failedFuture(e);
    }
    stage = begun;
    if (ended.get()) { // given up while it began
      cancel(begun);
    }
    begun.whenComplete(this::completed);
  }

  Kind kind() {
    return attempt.kind();
  }

  /** Its call is over, for a reason that says nothing of the callee. */
  void giveUp() {
    if (claim()) {
      pipeline.gate.released(permit);
      settle(/* isSuccess= */ false);
      cancel();
    }
  }

  /** Another attempt was faster. */
  void lose() {
    if (kind() == Kind.INITIAL && !ended.get()) {
      pipeline.recordCensored(beganNanos);
    }
    giveUp();
  }

  /** Its call is over because it took too long. */
  void fail(Throwable failure) {
    if (claim()) {
      pipeline.gate.failed(permit, beganNanos, failure);
      settle(/* isSuccess= */ false);
      cancel();
    }
  }

  private void completed(V value, @Nullable Throwable failure) {
    if (!claim()) {
      return;
    }
    if (failure == null) {
      pipeline.gate.succeeded(permit, beganNanos);
      if (kind() == Kind.INITIAL) {
        pipeline.record(beganNanos);
      }
      call.succeeded(this, value);
      return;
    }
    var cause = failure instanceof CompletionException && failure.getCause() != null
        ? failure.getCause()
        : failure;
    pipeline.gate.failed(permit, beganNanos, cause);
    settle(/* isSuccess= */ false);
    call.failed(this, cause);
  }

  private void expire(Duration limit) {
    if (call.isLate() || !claim()) { // at the deadline its own timer does what is to be done
      return;
    }
    var failure = call.timedOut(attempt.number(), limit);
    pipeline.gate.failed(permit, beganNanos, failure);
    settle(/* isSuccess= */ false);
    cancel();
    call.failed(this, failure);
  }

  /** The call has its value from this attempt. */
  void won() {
    settle(/* isSuccess= */ true);
  }

  /** It succeeded, and the call was over. */
  void lost() {
    settle(/* isSuccess= */ false);
  }

  private void settle(boolean isSuccess) {
    if (paid != null && isSuccess) {
      pipeline.counters.hedgesWon.increment();
      paid.succeeded();
    } else if (paid != null) {
      pipeline.counters.hedgesLost.increment();
      paid.failed();
    }
  }

  private boolean claim() {
    boolean isFirst = !ended.getAndSet(true);
    timer.cancel();
    return isFirst;
  }

  private void cancel() {
    attempt.cancel(pipeline.log); // and then the stage, whatever that does
    var begun = stage;
    if (begun != null) {
      cancel(begun);
    }
  }

  private static void cancel(CompletionStage<?> stage) {
    try {
      stage.toCompletableFuture().cancel(/* mayInterruptIfRunning= */ true);
    } catch (UnsupportedOperationException e) {
      return; // a stage that cannot be cancelled goes on, and nobody hears of it
    }
  }
}
