package dev.scaling.locks;

import dev.scaling.core.Time;
import dev.scaling.locks.LockEvents.Caller;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A call that wants a lock. */
final class Waiter {

  final Duration maxWait;
  final boolean isEndless;
  final CompletableFuture<Acquisition> future = new CompletableFuture<>();

  /** The round of its line in which it joined; guarded by that line's section. */
  long round;

  private final @Nullable Caller caller;
  private volatile Time.@Nullable Cancellable timer;

  /**
   * Creates a call.
   *
   * @param isEndless whether its lease is renewed for longer than {@code maxHold}
   * @param caller is told what becomes of it; {@code null} for nobody
   */
  Waiter(Duration maxWait, boolean isEndless, @Nullable Caller caller) {
    this.maxWait = maxWait;
    this.isEndless = isEndless;
    this.caller = caller;
  }

  /** Returns whether it waits for others to give the lock back. */
  boolean isPatient() {
    return !maxWait.isZero();
  }

  void timer(Time.Cancellable scheduled) {
    timer = scheduled;
    if (future.isDone()) {
      scheduled.cancel();
    }
  }

  /** Ends the call; a lease that nobody waits for any longer goes back. */
  void end(Acquisition outcome) {
    cancelTimer();
    if (caller != null && !future.isDone()) {
      caller.ended(outcome);
    }
    if (!future.complete(outcome) && outcome instanceof Acquisition.Acquired acquired) {
      acquired.lease().close();
    }
  }

  /** Ends the call without an outcome. */
  void fail(Throwable why) {
    cancelTimer();
    future.completeExceptionally(why);
  }

  /** Ends the call since its caller has gone. */
  void giveUp() {
    cancelTimer();
    if (!future.cancel(/* mayInterruptIfRunning= */ false)
        && !future.isCompletedExceptionally()
        && future.join() instanceof Acquisition.Acquired acquired) {
      acquired.lease().close();
    }
  }

  private void cancelTimer() {
    var scheduled = timer;
    if (scheduled != null) {
      scheduled.cancel();
    }
  }
}
