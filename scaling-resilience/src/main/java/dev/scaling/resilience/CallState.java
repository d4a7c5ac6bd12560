package dev.scaling.resilience;

import dev.scaling.resilience.Attempt.Kind;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * What one call knows of its attempts, and what follows when one ends; the same for calls that
 * block and those that do not. Not safe for use by many threads at a time.
 */
final class CallState {

  static final long NO_RETRY = -1;

  private final Resilience pipeline;
  private final long beganNanos;
  private final long deadlineNanos;
  private int attempt = 1;
  private long waitNanos; // before this attempt
  private RetryBudget.@Nullable Withdrawal paid;
  private @Nullable Throwable last; // the failure of the attempt before

  CallState(Resilience pipeline, long beganNanos) {
    this.pipeline = pipeline;
    this.beganNanos = beganNanos;
    deadlineNanos = beganNanos + pipeline.deadline.toNanos();
  }

  /** The next attempt is made, or the first. */
  Attempt sends(long nowNanos) {
    boolean isFirst = attempt == 1;
    if (!isFirst) {
      pipeline.counters.retries.increment();
    }
    return new Attempt(
        attempt, isFirst ? Kind.INITIAL : Kind.RETRY, endNanos(nowNanos), pipeline.time);
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

  /** The attempt must not be made, and the call is over; returns what its caller hears of. */
  Throwable refused(Throwable refusal) {
    cancelled(/* isWaiting= */ true);
    if (last == null) {
      pipeline.counters.callsRefused.increment();
      return refusal;
    }
    hang(refusal, last);
    return last;
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

  /** Returns whether the deadline is over. */
  boolean isLate(long nowNanos) {
    return deadlineNanos - nowNanos <= 0;
  }

  DeadlineExceededException deadlineExceeded() {
    pipeline.counters.deadlines.increment();
    return new DeadlineExceededException(
        pipeline.name, Duration.ofNanos(deadlineNanos - beganNanos), attempt);
  }

  /** The attempt under way has been given up. */
  AttemptTimeoutException timedOut(Duration timeout) {
    pipeline.counters.timeouts.increment();
    return new AttemptTimeoutException(pipeline.name, attempt, timeout);
  }

  /** Hangs one failure on another, which may be the same, or be shared and have one already. */
  static void hang(Throwable one, Throwable on) {
    if (one != on && on.getSuppressed().length == 0) {
      on.addSuppressed(one);
    }
  }

  private void remember(Throwable failure) {
    if (last != null) {
      hang(last, failure);
    }
    last = failure;
  }

  private boolean isInTime(long nextWaitNanos) {
    boolean isInTime = deadlineNanos - pipeline.time.nanoTime() > nextWaitNanos;
    if (!isInTime) {
      pipeline.counters.refusedByDeadline.increment();
    }
    return isInTime;
  }

  private long endNanos(long nowNanos) {
    var timeout = pipeline.attemptTimeout;
    return timeout != null && deadlineNanos - nowNanos > timeout.toNanos()
        ? nowNanos + timeout.toNanos()
        : deadlineNanos;
  }

  private RetryBudget.@Nullable Withdrawal withdraw(Throwable failure) {
    var rule = pipeline.retry;
    if (rule == null) {
      return null;
    }
    boolean isTimeout =
        failure instanceof TimeoutException || failure instanceof AttemptTimeoutException;
    var withdrawal =
        rule.budget().tryWithdraw(isTimeout ? RetryBudget.TIMEOUT : RetryBudget.TRANSIENT);
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
}
