package dev.scaling.concurrency.queue;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * An item that the queue had accepted and has given up.
 *
 * @param item what was to be handled
 * @param reason why it was given up
 * @param cause what the handler threw, or the executor that refused to run it; {@code null} if the
 *     item was not handled for another reason
 * @param age how long before that the item was accepted
 */
public record DeadLetter<T>(T item, Reason reason, @Nullable Throwable cause, Duration age) {

  /** Names the reason, and not the item. */
  @Override
  public String toString() {
    return "DeadLetter[" + reason + ", age=" + age + "]";
  }

  /** Why an item was given up. */
  public enum Reason {
    /** The handler threw, or its stage failed, or the executor refused to run it. */
    FAILED,

    /** It had waited for {@code maxAge}. */
    EXPIRED,

    /** The queue was closed before its turn. */
    CLOSED,

    /** It was the oldest of a full queue that drops the oldest. */
    OVERFLOWED
  }
}
