package dev.scaling.resilience;

import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * What one call knows of its attempts, and what follows when one ends; the same for calls that
 * block and those that do not. Not safe for use by many threads at a time.
 */
final class CallState {

  static final long NO_RETRY = -1;

  private final Resilience pipeline;
  private final long deadlineNanos;
  private int attempt = 1;
  private long waitNanos; // before this attempt
  private RetryBudget.@Nullable Withdrawal paid;
  private @Nullable Throwable last; // the failure of the attempt before

  CallState(Resilience pipeline, long deadlineNanos) {
    this.pipeline = pipeline;
    this.deadlineNanos = deadlineNanos;
  }

  Attempt attempt() {
    return new Attempt(attempt, deadlineNanos, pipeline.time);
  }

  /** The attempt has succeeded, and the call with it. */
  void succeeded() {
    pipeline.counters.successes.increment();
    if (paid != null) {
      paid.succeeded();
    }
    end(attempt == 1);
  }

  /**
   * Returns how long to wait before one more attempt after a failure, or {@link #NO_RETRY}: the
   * part of it that asks the user's code, and changes nothing.
   */
  long waitAfter(Throwable failure) {
    var rule = pipeline.retry;
    boolean isForGood = failure instanceof Error || failure instanceof InterruptedException;
    if (rule == null || attempt >= rule.attempts() || isForGood) {
      return NO_RETRY;
    }
    try {
      return rule.retryable().test(failure)
          ? Math.max(0, rule.backoff().nanos(attempt, waitNanos, pipeline.random))
          : NO_RETRY;
    } catch (Throwable e) { // the failure is what the caller must hear of
      hang(e, failure);
      return NO_RETRY;
    }
  }

  /**
   * Takes the failure of an attempt; returns whether there is to be one more, after that wait. If
   * not, the call is over.
   */
  boolean failed(Throwable failure, long nextWaitNanos) {
    remember(failure);
    if (paid != null) {
      paid.failed();
      paid = null;
    }
    if (nextWaitNanos != NO_RETRY && isInTime(nextWaitNanos)) {
      paid = withdraw(failure);
    }
    if (paid == null) {
      end(/* isFirstSuccess= */ false);
      return false;
    }
    attempt++;
    waitNanos = nextWaitNanos;
    return true;
  }

  /** The wait is over, and the next attempt is made. */
  void sends() {
    pipeline.counters.retries.increment();
  }

  /** The call is given up. */
  void cancelled(boolean isWaiting) {
    if (paid != null && isWaiting) {
      paid.notSent();
    } else if (paid != null) {
      paid.failed();
    }
    end(/* isFirstSuccess= */ false);
  }

  /** Returns whether the deadline is over, though it was not when the wait began. */
  boolean isLate() {
    return deadlineNanos - pipeline.time.nanoTime() <= 0;
  }

  private void remember(Throwable failure) {
    if (last != null) {
      hang(last, failure);
    }
    last = failure;
  }

  /** Hangs one failure on another, which may be the same, or be shared and have one already. */
  private static void hang(Throwable one, Throwable on) {
    if (one != on && on.getSuppressed().length == 0) {
      on.addSuppressed(one);
    }
  }

  private boolean isInTime(long nextWaitNanos) {
    boolean isInTime = deadlineNanos - pipeline.time.nanoTime() > nextWaitNanos;
    if (!isInTime) {
      pipeline.counters.refusedByDeadline.increment();
    }
    return isInTime;
  }

  private RetryBudget.@Nullable Withdrawal withdraw(Throwable failure) {
    var rule = pipeline.retry;
    if (rule == null) {
      return null;
    }
    double cost = failure instanceof TimeoutException ? RetryBudget.TIMEOUT : RetryBudget.TRANSIENT;
    var withdrawal = rule.budget().tryWithdraw(cost);
    if (withdrawal == null) {
      pipeline.counters.refusedByBudget.increment();
    }
    return withdrawal;
  }

  private void end(boolean isFirstSuccess) {
    if (pipeline.retry != null) {
      pipeline.retry.budget().end(isFirstSuccess);
    }
  }

  Resilience pipeline() {
    return pipeline;
  }

  int number() {
    return attempt;
  }
}
