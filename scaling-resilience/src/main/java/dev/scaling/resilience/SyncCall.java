package dev.scaling.resilience;

import dev.scaling.resilience.Resilience.Work;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** A call on its caller's thread. */
final class SyncCall<V extends @Nullable Object> {

  private final CallState state;
  private final Work<V> work;

  SyncCall(CallState state, Work<V> work) {
    this.state = state;
    this.work = work;
  }

  /** Makes the first attempt, and all that follow. */
  V first() throws Exception {
    V value;
    try {
      value = work.run(state.attempt());
    } catch (Throwable e) {
      return after(e);
    }
    state.succeeded();
    return value;
  }

  /** Goes on after the first attempt has failed. */
  V after(Throwable failure) throws Exception {
    var last = failure;
    while (true) {
      long wait = state.waitAfter(last);
      if (!state.failed(last, wait)) {
        throw thrown(last);
      }
      pause(wait, last);
      if (state.isLate()) { // this process stood still
        state.cancelled(/* isWaiting= */ true);
        throw thrown(last);
      }
      state.sends();
      V value;
      try {
        value = work.run(state.attempt());
      } catch (Throwable e) {
        last = e;
        continue;
      }
      state.succeeded();
      return value;
    }
  }

  private void pause(long nanos, Throwable last) {
    var wake = new CompletableFuture<Boolean>();
    var timer = state.pipeline().time.schedule(() -> wake.complete(true), Duration.ofNanos(nanos));
    try {
      wake.get();
    } catch (InterruptedException e) {
      timer.cancel();
      state.cancelled(/* isWaiting= */ true);
      Thread.currentThread().interrupt();
      var cancelled =
          new CancellationException(state.pipeline().name + ": interrupted before a retry");
      cancelled.addSuppressed(last);
      throw cancelled;
    } catch (ExecutionException e) {
      throw new IllegalStateException("a wait does not fail", e);
    }
  }

  private static Exception thrown(Throwable failure) {
    if (failure instanceof Error error) {
      throw error;
    }
    return (Exception) failure; // checked or not: work throws nothing else
  }
}
