package dev.scaling.resilience;

import dev.scaling.core.Time;
import dev.scaling.core.internal.Section;
import dev.scaling.resilience.Resilience.AsyncWork;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** A call that holds no thread while it waits. */
final class AsyncCall<V extends @Nullable Object> {

  /*
   * One attempt is under way at a time, or one wait. The call ends once: by an attempt, by its deadline, or
   * by its caller, whichever comes first in the section. What is the user's code runs outside of it.
   */

  private final Resilience pipeline;
  private final AsyncWork<V> work;
  private final CompletableFuture<V> result = new CompletableFuture<>();
  private final Section section = new Section();

  // Guarded by section.
  private final CallState state;
  private @Nullable CompletionStage<V> underWay;
  private Time.@Nullable Cancellable deadline;
  private Time.@Nullable Cancellable wait;
  private boolean over;

  AsyncCall(Resilience pipeline, CallState state, AsyncWork<V> work) {
    this.pipeline = pipeline;
    this.state = state;
    this.work = work;
  }

  CompletableFuture<V> start() {
    var timer = pipeline.time.schedule(this::expire, pipeline.deadline);
    section.run(() -> deadline = timer);
    result.whenComplete((value, failure) -> leave());
    send();
    return result;
  }

  private void send() {
    var attempt = section.read(() -> over ? null : state.attempt());
    if (attempt == null) {
      return; // it ended on the way here
    }
    if (state.isLate()) { // this process stood still, and the timer of the deadline is late too
      expire();
      return;
    }
    CompletionStage<V> stage;
    try {
      stage = work.run(attempt);
      if (stage == null) {
        throw new NullPointerException(pipeline.name + ": the work returned no stage");
      }
    } catch (Throwable e) { // a failure like any other, so that it can be retried
      stage = CompletableFuture.failedFuture(e);
    }
    var begun = stage;
    section.run(() -> {
      if (over) {
        section.after(() -> cancel(begun));
      } else {
        underWay = begun;
      }
    });
    begun.whenComplete((value, failure) -> ended(value, failure));
  }

  private void ended(V value, @Nullable Throwable failure) {
    if (failure == null) {
      section.run(() -> {
        if (!over) {
          end();
          state.succeeded();
          section.after(() -> result.complete(value));
        }
      });
      return;
    }
    var cause = failure instanceof CompletionException && failure.getCause() != null
        ? failure.getCause()
        : failure;
    long next = state.waitAfter(cause); // nothing changes the state between two attempts
    section.run(() -> {
      if (over) {
        return;
      }
      underWay = null;
      if (state.failed(cause, next)) {
        wait = pipeline.time.schedule(this::sendAgain, Duration.ofNanos(next));
      } else {
        end();
        section.after(() -> result.completeExceptionally(cause));
      }
    });
  }

  /** On the timer's thread, which nobody's code must hold. */
  private void sendAgain() {
    section.run(() -> {
      if (!over) {
        wait = null;
        state.sends();
        section.after(() -> pipeline.handover.deliver(this::send));
      }
    });
  }

  private void expire() {
    section.run(() -> {
      if (!over) {
        int attempt = state.number();
        giveUp();
        pipeline.counters.deadlines.increment();
        var failure = new DeadlineExceededException(pipeline.name, pipeline.deadline, attempt);
        section.after(() -> pipeline.handover.deliver(() -> result.completeExceptionally(failure)));
      }
    });
  }

  /** The result is there: ours, or the caller has cancelled it or completed it itself. */
  private void leave() {
    section.run(() -> {
      if (!over) {
        giveUp();
      }
    });
  }

  private void giveUp() {
    state.cancelled(/* isWaiting= */ wait != null);
    var attempt = underWay;
    if (attempt != null) {
      section.after(() -> cancel(attempt));
    }
    end();
  }

  private void end() {
    over = true;
    underWay = null;
    if (deadline != null) {
      deadline.cancel();
    }
    if (wait != null) {
      wait.cancel();
      wait = null;
    }
  }

  private static void cancel(CompletionStage<?> attempt) {
    try {
      attempt.toCompletableFuture().cancel(/* mayInterruptIfRunning= */ true);
    } catch (UnsupportedOperationException e) {
      return; // a stage that cannot be cancelled goes on, and nobody hears of it
    }
  }
}
