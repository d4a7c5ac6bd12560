package dev.scaling.concurrency.adaptive;

import dev.scaling.core.RejectedException;
import java.time.Duration;

/**
 * Says that a dependency has as many calls as it can take, so that this one was not made. Its
 * {@code retryAfter} is zero, since nobody knows when others end.
 */
public final class ConcurrencyLimitedException extends RejectedException {

  private static final long serialVersionUID = 1L;

  ConcurrencyLimitedException(String limit, int calls, String reason) {
    super(limit, "at its limit of " + calls + " calls, " + reason, Duration.ZERO);
  }
}
