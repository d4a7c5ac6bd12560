package dev.scaling.concurrency.limit;

import dev.scaling.core.RejectedException;

/** Says that a rate limiter refused permits, and when to ask again. */
public final class RateLimitedException extends RejectedException {

  private static final long serialVersionUID = 1L;

  private final transient Decision decision;

  RateLimitedException(String limiter, long permits, Decision decision) {
    super(
        limiter,
        "refused "
            + permits
            + (decision.limitedBy() == null ? "" : " by limit " + decision.limitedBy())
            + ", retry after "
            + decision.retryAfter(),
        decision.retryAfter());
    this.decision = decision;
  }

  /** Returns the decision behind the refusal. */
  public Decision decision() {
    return decision;
  }
}
