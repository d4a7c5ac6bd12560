package dev.scaling.resilience;

import dev.scaling.core.Time;
import dev.scaling.resilience.Attempt.Kind;
import dev.scaling.resilience.Resilience.Work;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** A call on its caller's thread. */
final class SyncCall<V extends @Nullable Object> {

  private final Resilience pipeline;
  private final CallState state;
  private final Work<V> work;

  SyncCall(Resilience pipeline, CallState state, Work<V> work) {
    this.pipeline = pipeline;
    this.state = state;
    this.work = work;
  }

  /** Makes the first attempt, and all that follow. */
  V first(long nowNanos) throws Exception {
    if (state.isLate(nowNanos)) {
      throw refused(state.deadlineExceeded());
    }
    try {
      pipeline.throttle.enter(nowNanos);
    } catch (Throwable e) {
      throw refused(e);
    }
    return attempts(nowNanos);
  }

  /** Goes on after the first attempt has failed. */
  V after(Throwable failure) throws Exception {
    state.firstWasMade();
    return attempts(nextAfter(failure));
  }

  /** The first attempt must not be made. */
  Exception refused(Throwable refusal) {
    return thrown(state.refused(refusal));
  }

  private V attempts(long firstNanos) throws Exception {
    long now = firstNanos;
    while (true) {
      Permit permit;
      try {
        permit = pipeline.gate.enter(now);
      } catch (Throwable e) {
        throw refused(e);
      }
      if (pipeline.gate.isForeign()) { // it may have waited there
        now = pipeline.time.nanoTime();
        if (state.isLate(now)) {
          pipeline.gate.released(permit);
          throw refused(state.deadlineExceeded());
        }
      }
      var attempt = state.sends(now);
      V value;
      try {
        value = attempt(attempt);
      } catch (Throwable e) {
        pipeline.gate.failed(permit, now, e);
        now = nextAfter(e);
        continue;
      }
      pipeline.gate.succeeded(permit, now);
      if (attempt.kind() == Kind.INITIAL) {
        pipeline.record(now);
      }
      state.succeeded(attempt.kind());
      return value;
    }
  }

  private V attempt(Attempt attempt) throws Exception {
    if (pipeline.attemptTimeout == null) {
      return work.run(attempt);
    }
    var interrupter = new Interrupter();
    var timer = pipeline.time.schedule(
        () -> {
          if (interrupter.interrupt()) {
            pipeline.handover.deliver(() -> attempt.cancel(pipeline.log));
          }
        },
        attempt.remaining());
    V value;
    try {
      value = work.run(attempt);
    } catch (Throwable e) {
      timer.cancel();
      throw interrupter.end() ? tooLate(attempt, e) : thrown(e);
    }
    timer.cancel();
    interrupter.end(); // too late to help: the value is there
    return value;
  }

  private Exception tooLate(Attempt attempt, Throwable interrupted) {
    var failure = state.isLate(pipeline.time.nanoTime())
        ? state.deadlineExceeded()
        : state.timedOut(attempt.number());
    CallState.hang(interrupted, failure);
    return failure;
  }

  /** Waits until the next attempt, and returns that time; throws the failure if there is none. */
  private long nextAfter(Throwable failure) throws Exception {
    var next = state.nextAfter(failure);
    if (!state.failed(failure, next) || next == null) {
      throw thrown(failure);
    }
    pause(next.waitNanos(), failure);
    long now = pipeline.time.nanoTime();
    if (state.isTooLateFor(now)) { // this process stood still
      throw thrown(state.tooLate());
    }
    return now;
  }

  private void pause(long nanos, Throwable last) {
    var wake = new CompletableFuture<Boolean>();
    Time.Cancellable timer;
    try {
      timer = pipeline.time.schedule(() -> wake.complete(true), Duration.ofNanos(nanos));
    } catch (Throwable e) {
      state.cancelled(/* isWaiting= */ true, last, Runnable::run);
      CallState.hang(last, e);
      throw e;
    }
    try {
      wake.get();
    } catch (InterruptedException e) {
      timer.cancel();
      state.cancelled(/* isWaiting= */ true, last, Runnable::run);
      Thread.currentThread().interrupt();
      var cancelled = new CancellationException(pipeline.name + ": interrupted before a retry");
      cancelled.addSuppressed(last);
      throw cancelled;
    } catch (ExecutionException e) {
      throw new IllegalStateException("a wait does not fail", e);
    }
  }

  static Exception thrown(Throwable failure) {
    if (failure instanceof Error error) {
      throw error;
    }
    return failure instanceof Exception exception ? exception : new ExecutionException(failure);
  }
}
