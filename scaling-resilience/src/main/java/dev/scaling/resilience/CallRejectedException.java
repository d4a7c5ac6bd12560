package dev.scaling.resilience;

import dev.scaling.core.RejectedException;
import java.time.Duration;

/** A {@link Resilience} refused a call, before any of its work was done. It has no stack trace. */
public final class CallRejectedException extends RejectedException {

  private static final long serialVersionUID = 1L;

  private final Reason reason;

  CallRejectedException(String pipeline, Reason reason, Duration retryAfter) {
    super(pipeline, reason.words, retryAfter);
    this.reason = reason;
  }

  /** Returns why it was refused. */
  public Reason reason() {
    return reason;
  }

  /** Why a call is refused. */
  public enum Reason {

    /** Too many of the last attempts failed: the circuit is open. */
    BREAKER_OPEN("the circuit is open", "breaker_open"),

    /** As many attempts as may be are under way. */
    BULKHEAD_FULL("the bulkhead is full", "bulkhead_full"),

    /** The dependency refuses more than it accepts, so that fewer calls are sent to it. */
    THROTTLED("throttled, since the callee refuses calls", "throttled");

    final String words;
    final String metric;

    Reason(String words, String metric) {
      this.words = words;
      this.metric = metric;
    }
  }
}
