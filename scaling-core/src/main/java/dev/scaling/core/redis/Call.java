package dev.scaling.core.redis;

import dev.scaling.core.redis.RedisCallException.Failure;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.redisson.command.CommandAsyncExecutor;

/**
 * One command on its way: the caller's future, its deadline, and whether it has been sent.
 *
 * <p>The state decides what a deadline means. A call leaves {@code WAITING} exactly once, either to
 * be sent or to be given up, so that one reported as never sent never is.
 */
abstract class Call<T extends @Nullable Object> extends CompletableFuture<T> {

  private static final int WAITING = 0;
  private static final int SENT = 1;
  private static final int GIVEN_UP = 2;

  final String routingKey;
  final long deadlineNanos;
  private final AtomicInteger state = new AtomicInteger(WAITING);
  private volatile @Nullable Object carrier;

  Call(String routingKey, long deadlineNanos) {
    this.routingKey = routingKey;
    this.deadlineNanos = deadlineNanos;
  }

  /** Returns what it does, for errors. */
  abstract String verb();

  /** Hands the command to what sends it: a batch that is about to leave, or the client itself. */
  abstract CompletionStage<?> sendBy(CommandAsyncExecutor executor);

  /** Turns Redisson's reply into ours. */
  abstract T decode(@Nullable Object reply);

  /** Returns whether a failure means that the call, changed by now, should be sent once more. */
  boolean canSendAgainAfter(Throwable failure) {
    return false;
  }

  /** Claims the call for sending with a batch. */
  final boolean trySend(Object batch) {
    if (isDone() || !state.compareAndSet(WAITING, SENT)) {
      return false;
    }
    carrier = batch;
    return true;
  }

  /** Makes a call that the server refused without running it ready to be sent again. */
  final void rewind() {
    carrier = null;
    state.set(WAITING);
  }

  final boolean isCarriedBy(Object batch) {
    return carrier == batch;
  }

  final void reply(@Nullable Object reply) {
    try {
      complete(decode(reply));
    } catch (RuntimeException e) {
      fail(Failure.REJECTED, "the reply was not understood", e);
    }
  }

  /** Fails the call, and returns whether it had not ended before. */
  final boolean fail(Failure failure, String reason, @Nullable Throwable cause) {
    return !isDone()
        && completeExceptionally(new RedisCallException(
            failure, "Redis " + verb() + " (" + failure.words() + "): " + reason, cause));
  }

  /** Fails the call, and counts that unless it had ended before. */
  final void fail(Failure failure, String reason, @Nullable Throwable cause, Outcomes outcomes) {
    if (fail(failure, reason, cause)) {
      outcomes.failed(failure);
    }
  }

  /** Ends the call at its deadline, and counts what that means. */
  final void expire(Outcomes outcomes) {
    boolean unsent = state.compareAndSet(WAITING, GIVEN_UP);
    var failure = unsent ? Failure.NOT_SENT : Failure.AMBIGUOUS;
    String reason =
        unsent ? "its deadline passed" : "no reply before its deadline; it may have run";
    fail(failure, reason, null, outcomes);
  }

  /**
   * Ends those of some calls whose deadline has passed.
   *
   * @param nextNanos the time until the next deadline that is known already, or -1
   * @return the time until the next deadline, or -1 if there is none
   */
  static long expireAll(Iterable<Call<?>> calls, long nowNanos, long nextNanos, Outcomes outcomes) {
    long next = nextNanos;
    for (Call<?> call : calls) {
      if (call.isDone()) {
        continue;
      }
      long left = call.deadlineNanos - nowNanos;
      if (left <= 0) {
        call.expire(outcomes);
      } else if (next < 0 || left < next) {
        next = left;
      }
    }
    return next;
  }
}
