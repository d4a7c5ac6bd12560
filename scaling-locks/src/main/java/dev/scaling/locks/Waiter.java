package dev.scaling.locks;

import dev.scaling.core.Time;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A call that wants a lock. */
final class Waiter {

  final Duration maxWait;
  final boolean isEndless;
  final CompletableFuture<Acquisition> future = new CompletableFuture<>();

  private volatile Time.@Nullable Cancellable timer;

  /**
   * Creates a call.
   *
   * @param isEndless whether its lease is renewed for longer than {@code maxHold}
   */
  Waiter(Duration maxWait, boolean isEndless) {
    this.maxWait = maxWait;
    this.isEndless = isEndless;
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
    var scheduled = timer;
    if (scheduled != null) {
      scheduled.cancel();
    }
    if (!future.complete(outcome) && outcome instanceof Acquisition.Acquired acquired) {
      acquired.lease().close();
    }
  }

  /** Ends the call since its caller has gone. */
  void giveUp() {
    if (!future.cancel(/* mayInterruptIfRunning= */ false)
        && !future.isCompletedExceptionally()
        && future.join() instanceof Acquisition.Acquired acquired) {
      acquired.lease().close();
    }
  }
}
