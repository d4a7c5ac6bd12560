package dev.scaling.concurrency.semaphore;

import dev.scaling.core.RejectedException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Says that a semaphore had no permit for a call in the time that it was given. Its
 * {@code retryAfter} is zero, since nobody knows how long permits are held.
 */
public final class PermitsExhaustedException extends RejectedException {

  private static final long serialVersionUID = 1L;

  private final boolean redisAway;

  PermitsExhaustedException(String semaphore, Duration maxWait, @Nullable String redisFailure) {
    super(
        semaphore,
        "no permit within "
            + maxWait
            + (redisFailure == null ? "" : ", and Redis does not answer: " + redisFailure),
        Duration.ZERO);
    redisAway = redisFailure != null;
  }

  /**
   * Returns whether Redis did not answer, so that nobody knows whether there would have been one.
   */
  public boolean isRedisAway() {
    return redisAway;
  }
}
