package dev.scaling.resilience;

import dev.scaling.core.ScalingException;
import dev.scaling.resilience.Attempt.Kind;
import dev.scaling.resilience.RetryRule.Next;
import dev.scaling.resilience.context.CallContext;
import io.opentelemetry.api.trace.Span;
import java.time.Duration;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * What one call knows of its attempts, and what follows when one ends; the same for calls that
 * block and those that do not. Not safe for use by many threads at a time.
 */
final class CallState {

  private final Resilience pipeline;
  private final CallContext context;
  private final Executor outside; // of whatever section the caller is in
  private final @Nullable Span span;
  private final long beganNanos;
  private final long deadlineNanos;
  private int tries = 1; // hedges do not count
  private int sent;
  private long waitNanos; // before this attempt
  private RetryBudget.@Nullable Withdrawal paid;
  private @Nullable Throwable last; // the failure of the attempt before

  CallState(Resilience pipeline, CallContext context, Executor outside, long beganNanos) {
    this.pipeline = pipeline;
    this.outside = outside;
    span = pipeline.events.span();
    this.context = context;
    this.beganNanos = beganNanos;
    var own = pipeline.deadline;
    long most =
        context.remaining().filter(left -> left.compareTo(own) < 0).orElse(own).toNanos();
    deadlineNanos = beganNanos + most;
  }

  /** Returns for how long the call may last. */
  Duration deadline() {
    return Duration.ofNanos(deadlineNanos - beganNanos);
  }

  /** The first attempt was made before there was this object. */
  void firstWasMade() {
    sent = 1;
  }

  /** The next attempt is made, or the first. */
  Attempt sends(long nowNanos) {
    boolean isFirst = sent == 0;
    if (!isFirst) {
      pipeline.counters.retries.increment();
    } else if (pipeline.hedge != null) {
      pipeline.hedge.hedges().first(nowNanos);
    }
    return attempt(isFirst ? Kind.INITIAL : Kind.RETRY, nowNanos);
  }

  /** A hedge is made. */
  Attempt hedges(long nowNanos) {
    return attempt(Kind.HEDGE, nowNanos);
  }

  /** Tells of a hedge, outside of any section. */
  void tellOfHedge() {
    pipeline.events.hedges(span);
  }

  /** Returns whether a hedge may be worth it: of a first attempt, by a caller who wants it. */
  boolean isHedgeable() {
    return sent == 1 && context.isRetryWanted();
  }

  /** An attempt has succeeded, and the call with it. */
  void succeeded(Kind kind) {
    pipeline.counters.successes.increment();
    if (paid != null) {
      paid.succeeded();
    }
    end(kind == Kind.INITIAL ? Ending.FIRST_SUCCESS : Ending.SUCCESS, /* failure= */ null);
  }

  /**
   * Returns what one more attempt after a failure takes, or {@code null} if there must be none: the
   * part of it that asks the user's code, and changes nothing.
   */
  @Nullable
  Next nextAfter(Throwable failure) {
    var rule = pipeline.retry;
    if (rule == null || tries >= rule.attempts() || isForGood(failure)) {
      return null;
    }
    try {
      return rule.after(failure, tries, waitNanos, pipeline.random);
    } catch (Throwable e) { // the failure is what the caller must hear of
      hang(e, failure);
      return null;
    }
  }

  /** Returns whether a failure of the first attempt leaves a hedge of it something to win. */
  boolean mayGoAway(Throwable failure) {
    try {
      return !isForGood(failure) && pipeline.mayGoAway.test(failure);
    } catch (Throwable e) { // then there is no retry either
      hang(e, failure);
      return false;
    }
  }

  /** The first attempt has failed, and its hedge goes on. */
  void firstFailed(Throwable failure) {
    last = failure;
  }

  /**
   * Takes the failure of an attempt; returns whether there is to be one more. If not, the call is
   * over.
   */
  boolean failed(Throwable failure, @Nullable Next next) {
    if (last != null) {
      hang(last, failure);
    }
    last = failure;
    if (paid != null) {
      paid.failed();
      paid = null;
    }
    if (next != null && isInTime(next)) {
      paid = withdraw(next);
    }
    if (next == null || paid == null) {
      end(Ending.of(failure), failure);
      return false;
    }
    int number = sent + 1;
    outside.execute(() -> pipeline.events.retries(span, number, next.waitNanos(), failure));
    tries++;
    waitNanos = next.waitNanos();
    return true;
  }

  /** The attempt must not be made, and the call is over; returns what its caller hears of. */
  Throwable refused(Throwable refusal) {
    outside.execute(() -> pipeline.events.refused(span, refusal));
    cancelled(/* isWaiting= */ true, refusal, outside);
    if (last == null) {
      return refusal;
    }
    hang(refusal, last);
    return last;
  }

  /** A retry could not end in time any more, and the call is over; returns the last failure. */
  Throwable tooLate() {
    pipeline.counters.refusedByDeadline.increment();
    cancelled(/* isWaiting= */ true, last, outside);
    return last == null ? deadlineExceeded() : last; // there is one before each retry
  }

  /**
   * The call is given up, because of a failure or because nobody wants it.
   *
   * @param after where what is not ours runs
   */
  void cancelled(boolean isWaiting, @Nullable Throwable failure, Executor after) {
    if (sent == 0) {
      pipeline.counters.callsRefused.increment();
    }
    if (paid != null && isWaiting) {
      paid.notSent();
    } else if (paid != null) {
      paid.failed();
    }
    var ending = failure == null ? Ending.CANCELLED : ending(failure);
    after.execute(() -> pipeline.ended(ending, beganNanos, failure));
  }

  private Ending ending(Throwable failure) {
    return sent == 0 && failure instanceof DeadlineExceededException
        ? Ending.LATE
        : Ending.of(failure);
  }

  /** Returns whether the deadline is over. */
  boolean isLate(long nowNanos) {
    return deadlineNanos - nowNanos <= 0;
  }

  /**
   * Returns whether an attempt that would begin then could not end in time, most likely: more than
   * half of the last ones took longer. The first one is made all the same if any time is left.
   */
  boolean isTooLateFor(long beginNanos) {
    long median = sent == 0 ? 0 : pipeline.latencies(beginNanos).medianNanos();
    return deadlineNanos - beginNanos <= median;
  }

  DeadlineExceededException deadlineExceeded() {
    pipeline.counters.deadlines.increment();
    var failure = new DeadlineExceededException(pipeline.name, deadline(), sent);
    if (last != null) {
      hang(last, failure);
    }
    return failure;
  }

  /** The attempt under way has been given up. */
  Attempt.TimedOutException timedOut(int number) {
    pipeline.counters.timeouts.increment();
    return new Attempt.TimedOutException(pipeline.name, number, pipeline.attemptTimeout);
  }

  /**
   * Hangs one failure on another, unless that is the same, or may be shared by calls: has one
   * already, or no stack trace and is not ours.
   */
  static void hang(Throwable one, Throwable on) {
    boolean isShared = on.getStackTrace().length == 0 && !(on instanceof ScalingException);
    if (one != on && !isShared && on.getSuppressed().length == 0) {
      on.addSuppressed(one);
    }
  }

  private void end(Ending ending, @Nullable Throwable failure) {
    outside.execute(() -> pipeline.ended(ending, beganNanos, failure));
  }

  private boolean isForGood(Throwable failure) {
    return !context.isRetryWanted()
        || failure instanceof Error
        || failure instanceof InterruptedException;
  }

  private boolean isInTime(Next next) {
    boolean isInTime = !isTooLateFor(pipeline.time.nanoTime() + next.waitNanos());
    if (!isInTime) {
      pipeline.counters.refusedByDeadline.increment();
    }
    return isInTime;
  }

  private Attempt attempt(Kind kind, long nowNanos) {
    var timeout = pipeline.attemptTimeout;
    long end = timeout != null && deadlineNanos - nowNanos > timeout.toNanos()
        ? nowNanos + timeout.toNanos()
        : deadlineNanos;
    return new Attempt(++sent, kind, end, pipeline.time, context);
  }

  private RetryBudget.@Nullable Withdrawal withdraw(Next next) {
    var rule = pipeline.retry;
    if (rule == null) {
      return null;
    }
    var withdrawal = rule.budget().tryWithdraw(next.cost());
    if (withdrawal == null) {
      pipeline.counters.refusedByBudget.increment();
    }
    return withdrawal;
  }
}
