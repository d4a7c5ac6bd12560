package dev.scaling.resilience;

import dev.scaling.resilience.Attempt.Kind;
import dev.scaling.resilience.Resilience.AsyncWork;
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
        timer.set(pipeline.time.schedule(this::expire, attempt.remaining()));
      }
      if (ended.get()) {
        return; // given up before it began
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
      cancelStage();
    }
    try {
      begun.whenComplete(this::completed);
    } catch (Throwable e) { // a stage of the user's own kind
      failed(e);
    }
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

  /**
   * Its call is over because it took too long: keeps others from ending it, and interrupts its
   * thread, if it has one. Runs no code of the user's.
   *
   * @return whether {@link #fail} must follow
   */
  boolean takeAway() {
    boolean isOurs = claim();
    if (isOurs && stage instanceof Running<?> running) {
      running.interrupt();
    }
    return isOurs;
  }

  /** Ends it as failed, once it was taken away. */
  void fail(Throwable failure) {
    pipeline.gate.failed(permit, beganNanos, failure);
    settle(/* isSuccess= */ false);
    cancel();
  }

  private void completed(V value, @Nullable Throwable failure) {
    if (failure != null) {
      boolean isWrapped = failure instanceof CompletionException && !(stage instanceof Running);
      failed(isWrapped && failure.getCause() != null ? failure.getCause() : failure);
    } else if (claim()) {
      pipeline.gate.succeeded(permit, beganNanos);
      if (kind() == Kind.INITIAL) {
        pipeline.record(beganNanos);
      }
      call.succeeded(this, value);
    }
  }

  private void failed(Throwable failure) {
    if (claim()) {
      pipeline.gate.failed(permit, beganNanos, failure);
      settle(/* isSuccess= */ false);
      call.failed(this, failure);
    }
  }

  /** On the timer's thread. At the deadline its own timer does what is to be done. */
  private void expire() {
    if (!call.isLate() && takeAway()) {
      pipeline.handover.deliver(() -> {
        var failure = call.timedOut(attempt.number());
        fail(failure);
        call.failed(this, failure);
      });
    }
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
    cancelStage();
  }

  private void cancelStage() {
    var begun = stage;
    try {
      if (begun != null) {
        begun.toCompletableFuture().cancel(/* mayInterruptIfRunning= */ true);
      }
    } catch (UnsupportedOperationException e) {
      return; // a stage that cannot be cancelled goes on, and nobody hears of it
    } catch (Throwable e) { // a stage of the user's own kind
      pipeline.log.callbackFailed(e);
    }
  }
}
