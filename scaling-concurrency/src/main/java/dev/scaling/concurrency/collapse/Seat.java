package dev.scaling.concurrency.collapse;

import dev.scaling.core.Time;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * One caller's place: its own future, timeout and end.
 *
 * <p>Of what ends a caller's wait, its result, its timeout, its cancellation or an interrupt, the
 * first to claim the seat decides. Who leaves does so before it is told, so that it does not meet
 * what it has just left when it calls again.
 */
final class Seat<V> extends CompletableFuture<@Nullable V> implements Runnable {

  private static final VarHandle CLAIMED;

  static {
    try {
      CLAIMED = MethodHandles.lookup().findVarHandle(Seat.class, "claimed", boolean.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final Common common;
  private final boolean isBlocking;
  private final @Nullable Duration timeout;

  @SuppressWarnings("UnusedVariable") // used by the handle
  private boolean claimed;

  private @Nullable Place<V> place;
  private volatile Time.@Nullable Cancellable timer;

  // Written before the hand-over, read after it.
  private @Nullable V ending;
  private @Nullable Throwable failure;
  private boolean isTimedOut; // written before the completion, read after it

  /** Creates a seat for a caller who blocks, or for one who gets this future. */
  Seat(Common common, boolean isBlocking, @Nullable Duration timeout) {
    this.common = common;
    this.isBlocking = isBlocking;
    this.timeout = timeout;
  }

  /** Takes the seat at a place that the caller joins; before anybody may serve it. */
  void sit(Place<V> joined) {
    place = joined;
  }

  /** Begins to count down the timeout. */
  void startTimer() {
    if (timeout != null) {
      var scheduled = common.time().schedule(this::timeOut, timeout);
      timer = scheduled;
      if (isClaimed()) { // by a result that came before the timer could be seen
        scheduled.cancel();
      }
    }
  }

  /** Decides how the wait ends; returns whether nobody else had. */
  boolean claim() {
    return CLAIMED.compareAndSet(this, false, true);
  }

  boolean isClaimed() {
    return (boolean) CLAIMED.getVolatile(this);
  }

  /** Serves the caller, unless it has left. */
  void land(@Nullable V value) {
    if (claim()) {
      cancelTimer();
      if (isBlocking) {
        super.complete(value);
      } else {
        ending = value;
        handOver();
      }
    }
  }

  /** Tells the caller that its call failed, unless it has left. */
  void crash(Throwable cause) {
    if (claim()) {
      crashClaimed(cause);
    }
  }

  void crashClaimed(Throwable cause) {
    cancelTimer();
    // Wrapped on the thread that waits, if there is one, for its stack trace.
    fail(isBlocking ? cause : failureOf(cause));
  }

  /** Ends an asynchronous call, on the executor. */
  @Override
  public void run() {
    if (failure == null) {
      super.complete(ending);
    } else {
      super.completeExceptionally(failure);
    }
  }

  /**
   * Blocks until the caller's wait ends.
   *
   * @throws CancellationException if the thread was interrupted; its flag is set again
   */
  @Nullable
  V await() {
    try {
      return get();
    } catch (InterruptedException e) {
      leave();
      throw interrupted(common.name());
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      if (isTimedOut && cause instanceof CallTimedOutException timedOut) {
        throw timedOut;
      }
      throw failureOf(cause);
    } catch (CancellationException e) { // thrown by the execution: nobody else has this future
      throw failureOf(e);
    }
  }

  // The caller has this future, and may end it in any of three ways.

  @Override
  public boolean complete(@Nullable V value) {
    leave();
    return super.complete(value);
  }

  @Override
  public boolean completeExceptionally(Throwable failure) {
    leave();
    return super.completeExceptionally(failure);
  }

  @Override
  public boolean cancel(boolean mayInterruptIfRunning) {
    leave();
    return super.cancel(mayInterruptIfRunning);
  }

  static CancellationException interrupted(String component) {
    Thread.currentThread().interrupt();
    return new CancellationException(component + ": interrupted while waiting");
  }

  private void timeOut() {
    if (timeout != null && claim()) {
      left();
      isTimedOut = true;
      fail(new CallTimedOutException(common.name(), timeout));
    }
  }

  private void leave() {
    if (claim()) {
      cancelTimer();
      left();
    }
  }

  private void left() {
    if (place != null) {
      place.left(this);
    }
  }

  private void cancelTimer() {
    var scheduled = timer;
    if (scheduled != null) {
      scheduled.cancel();
    }
  }

  private CallFailedException failureOf(Throwable cause) {
    return CallFailedException.of(common.name(), cause);
  }

  private void fail(Throwable seen) {
    if (isBlocking) {
      super.completeExceptionally(seen);
    } else {
      failure = seen;
      handOver();
    }
  }

  /** Lets the caller's own code run elsewhere: it must not delay the other callers. */
  private void handOver() {
    try {
      common.executor().execute(this);
    } catch (Throwable e) {
      run(); // the executor is shut down or broken, and no caller must wait for ever
    }
  }

  /** Where a caller waits with others. */
  @FunctionalInterface
  interface Place<V> {

    /** Hears that a caller waits no longer and got no result. Once a seat at most. */
    void left(Seat<V> seat);
  }
}
