package dev.scaling.locks;

import dev.scaling.core.RejectedException;
import dev.scaling.locks.Acquisition.Contended;
import java.time.Duration;

/** Says that somebody else had a lock for as long as the caller would wait. */
public final class LockContendedException extends RejectedException {

  private static final long serialVersionUID = 1L;

  private final String holder;

  LockContendedException(String service, Duration maxWait, Contended by) {
    super(
        service,
        "lock held by " + by.holder() + ", not free within " + maxWait,
        /* retryAfter= */ Duration.ZERO);
    holder = by.holder();
  }

  /** Returns the instance that had the lock when Redis was last asked. */
  public String holder() {
    return holder;
  }
}
