package dev.scaling.resilience;

import dev.scaling.core.Time;
import dev.scaling.core.internal.Section;
import dev.scaling.resilience.Resilience.AsyncWork;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A call that holds no thread while it waits. */
final class AsyncCall<V extends @Nullable Object> {

  /*
   * The call ends once: by an attempt, by its deadline, or by its caller, whichever comes first in the
   * section. Each attempt ends once too: whoever claims it lets it leave the gate. What is the user's code
   * runs outside of the section, and not on the timer's thread.
   */

  private final Resilience pipeline;
  private final AsyncWork<V> work;
  private final CompletableFuture<V> result = new CompletableFuture<>();
  private final Section section = new Section();

  // Guarded by section.
  private final CallState state;
  private final List<AsyncAttempt<V>> underWay = new ArrayList<>(1);
  private Time.@Nullable Cancellable deadline;
  private Time.@Nullable Cancellable wait;
  private boolean over;

  AsyncCall(Resilience pipeline, CallState state, AsyncWork<V> work) {
    this.pipeline = pipeline;
    this.state = state;
    this.work = work;
  }

  CompletableFuture<V> start(long nowNanos) {
    result.whenComplete((value, failure) -> leave());
    try {
      var timer = pipeline.time.schedule(this::expire, pipeline.deadline);
      section.run(() -> deadline = timer);
    } catch (Throwable e) { // a call without an end is worse than none
      result.completeExceptionally(e);
      return result;
    }
    send(nowNanos);
    return result;
  }

  boolean isLate() {
    return state.isLate(pipeline.time.nanoTime());
  }

  private void send(long nowNanos) {
    if (section.read(() -> over)) {
      return; // it ended on the way here
    }
    if (state.isLate(
        nowNanos)) { // this process stood still, and the timer of the deadline is late too
      expire();
      return;
    }
    Permit permit;
    try {
      permit = pipeline.gate.enter(nowNanos);
    } catch (Throwable e) {
      refused(e);
      return;
    }
    var sent = section.read(() -> over ? null : sends(permit, nowNanos));
    if (sent == null) {
      pipeline.gate.released(permit);
    } else {
      sent.begin(work);
    }
  }

  private AsyncAttempt<V> sends(Permit permit, long nowNanos) {
    var sent = new AsyncAttempt<>(this, pipeline, state.sends(nowNanos), permit, nowNanos);
    underWay.add(sent);
    return sent;
  }

  private void refused(Throwable refusal) {
    section.run(() -> {
      if (!over) {
        end();
        var failure = state.refused(refusal);
        section.after(() -> result.completeExceptionally(failure));
      }
    });
  }

  void succeeded(AsyncAttempt<V> sent, V value) {
    section.run(() -> {
      underWay.remove(sent);
      if (!over) {
        end();
        state.succeeded();
        section.after(() -> result.complete(value));
      }
    });
  }

  void failed(AsyncAttempt<V> sent, Throwable failure) {
    long next = state.waitAfter(failure); // nothing changes the state between two attempts
    section.run(() -> {
      underWay.remove(sent);
      if (over) {
        return;
      }
      if (state.failed(failure, next)) {
        waitFor(next);
      } else {
        end();
        section.after(() -> result.completeExceptionally(failure));
      }
    });
  }

  private void waitFor(long nanos) {
    try {
      wait = pipeline.time.schedule(this::sendAgain, Duration.ofNanos(nanos));
    } catch (Throwable e) {
      end();
      var failure = state.refused(e);
      section.after(() -> result.completeExceptionally(failure));
    }
  }

  /** On the timer's thread, which nobody's code must hold. */
  private void sendAgain() {
    pipeline.handover.deliver(() -> {
      section.run(() -> wait = null);
      send(pipeline.time.nanoTime());
    });
  }

  private void expire() {
    section.run(() -> {
      if (!over) {
        var left = giveUp();
        var failure = state.deadlineExceeded();
        section.after(() -> pipeline.handover.deliver(() -> {
          left.forEach(sent -> sent.fail(failure));
          result.completeExceptionally(failure);
        }));
      }
    });
  }

  /** The result is there: ours, or the caller has cancelled it or completed it itself. */
  private void leave() {
    section.run(() -> {
      if (!over) {
        var left = giveUp();
        section.after(() -> left.forEach(AsyncAttempt::giveUp));
      }
    });
  }

  private List<AsyncAttempt<V>> giveUp() {
    state.cancelled(/* isWaiting= */ wait != null);
    return end();
  }

  /** Ends the call; returns the attempts that are under way, to be ended outside of the section. */
  private List<AsyncAttempt<V>> end() {
    over = true;
    if (deadline != null) {
      deadline.cancel();
    }
    if (wait != null) {
      wait.cancel();
      wait = null;
    }
    var left = List.copyOf(underWay);
    underWay.clear();
    return left;
  }
}
