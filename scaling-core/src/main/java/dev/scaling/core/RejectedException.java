package dev.scaling.core;

import java.time.Duration;

/**
 * The root of what refuses a call before any of its work was done. It costs no stack trace, since
 * to refuse must be cheap under load.
 */
public abstract class RejectedException extends ScalingException {

  private static final long serialVersionUID = 1L;

  private final String component;
  private final Duration retryAfter;

  /** Creates a refusal by a component that the user has named. */
  protected RejectedException(String component, String reason, Duration retryAfter) {
    super(component + ": " + reason, /* cause= */ null, /* hasStackTrace= */ false);
    this.component = component;
    this.retryAfter = retryAfter;
  }

  /** Returns the name of the component that refused. */
  public String component() {
    return component;
  }

  /**
   * Returns how long to wait at least before it is worth to try again; zero if that is not known.
   */
  public Duration retryAfter() {
    return retryAfter;
  }
}
