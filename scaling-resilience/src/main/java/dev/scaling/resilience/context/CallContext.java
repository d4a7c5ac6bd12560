package dev.scaling.resilience.context;

import dev.scaling.core.Time;
import dev.scaling.core.internal.Checks;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What travels with a call from service to service: how long its caller still waits, which attempt
 * it is, and whether those below may retry it. {@link CallContextCodec} reads it from headers and
 * writes it to them.
 *
 * <p>A deadline is never put off: what is derived from a context is over no later than that.
 *
 * <p>Immutable, and safe for use by many threads.
 */
public final class CallContext {

  static final Duration MOST_REMAINING = Duration.ofHours(1);
  static final int MOST_ATTEMPTS = 1_000;

  private static final CallContext NONE = new CallContext(null, 0, 1, /* isRetryWanted= */ true);

  private final @Nullable Time time; // of the deadline; none without one
  private final long deadlineNanos;
  private final int attempt;
  private final boolean isRetryWanted;

  private CallContext(@Nullable Time time, long deadlineNanos, int attempt, boolean isRetryWanted) {
    this.time = time;
    this.deadlineNanos = deadlineNanos;
    this.attempt = attempt;
    this.isRetryWanted = isRetryWanted;
  }

  /** Returns the context of a first attempt without a deadline, which may be retried. */
  public static CallContext none() {
    return NONE;
  }

  /**
   * Returns this context with a deadline so much later than now, or with its own if that is sooner.
   *
   * @param remaining from zero to 1 hour
   */
  public CallContext within(Duration remaining, Time time) {
    Checks.duration("remaining", remaining, Duration.ZERO, MOST_REMAINING);
    return until(Checks.notNull(time, "time").nanoTime(), remaining.toNanos(), time);
  }

  /**
   * Returns this context for another attempt.
   *
   * @param attempt from 1, which is the first, to 1,000
   */
  public CallContext withAttempt(int attempt) {
    Checks.range("attempt", attempt, 1, MOST_ATTEMPTS);
    return new CallContext(time, deadlineNanos, attempt, isRetryWanted);
  }

  /**
   * Returns this context with the wish that nobody below retries: because the caller will, or
   * because it would not help.
   */
  public CallContext withoutRetry() {
    return new CallContext(time, deadlineNanos, attempt, /* isRetryWanted= */ false);
  }

  /**
   * Returns for how long the caller still waits from now on, zero if no longer; empty if there is
   * no deadline.
   */
  public Optional<Duration> remaining() {
    return time == null
        ? Optional.empty()
        : Optional.of(Duration.ofNanos(Math.max(0, deadlineNanos - time.nanoTime())));
  }

  /** Returns whether the deadline is over, so that nobody waits for the outcome. */
  public boolean isOver() {
    return time != null && deadlineNanos - time.nanoTime() <= 0;
  }

  /** Returns which attempt of its caller it is, from 1 to 1,000: more than 1 is a retry. */
  public int attempt() {
    return attempt;
  }

  /** Returns whether those who serve the call may retry what they call for it. */
  public boolean isRetryWanted() {
    return isRetryWanted;
  }

  @Override
  public String toString() {
    return "CallContext[attempt "
        + attempt
        + remaining().map(left -> ", " + left + " left").orElse("")
        + (isRetryWanted ? "]" : ", no retry]");
  }

  /** Returns this context with a deadline so much later than a moment, or its own if sooner. */
  CallContext until(long fromNanos, long remainingNanos, Time theirTime) {
    long left = remainingNanos;
    if (time != null) { // perhaps by another clock; read after fromNanos, so that none is gained
      long passed = theirTime.nanoTime() - fromNanos;
      left = Math.min(left, Math.max(0, deadlineNanos - time.nanoTime()) + passed);
    }
    return new CallContext(theirTime, fromNanos + left, attempt, isRetryWanted);
  }
}
