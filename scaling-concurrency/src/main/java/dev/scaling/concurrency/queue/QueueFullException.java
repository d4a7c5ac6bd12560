package dev.scaling.concurrency.queue;

import dev.scaling.core.RejectedException;
import java.time.Duration;

/**
 * Says that a queue had no room for an item in the time that it was given: it was not accepted. Its
 * {@code retryAfter} is zero, since nobody knows when there is room.
 */
public final class QueueFullException extends RejectedException {

  private static final long serialVersionUID = 1L;

  QueueFullException(String queue, int capacity, Duration maxWait) {
    super(queue, "no room for another of " + capacity + " items within " + maxWait, Duration.ZERO);
  }
}
