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

  PermitsExhaustedException(String semaphore, Duration maxWait, @Nullable String trouble) {
    super(
        semaphore,
        "no permit within " + maxWait + (trouble == null ? "" : ", and " + trouble),
        Duration.ZERO);
    redisAway = trouble != null;
  }

  /**
   * Returns whether Redis did not answer, or refused the call: then nobody knows whether there
   * would have been one. The message says which.
   */
  public boolean isRedisAway() {
    return redisAway;
  }
}
