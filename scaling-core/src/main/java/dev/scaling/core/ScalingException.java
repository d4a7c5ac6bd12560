package dev.scaling.core;

import org.jspecify.annotations.Nullable;

/** The root of every exception that a scaling component throws on its own account. */
public abstract class ScalingException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** Creates an exception that records where it was thrown. */
  protected ScalingException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /**
   * Creates an exception that records where it was thrown only if told to: an outcome that is
   * expected under load must be cheap.
   */
  protected ScalingException(String message, @Nullable Throwable cause, boolean hasStackTrace) {
    super(message, cause, /* enableSuppression= */ true, /* writableStackTrace= */ hasStackTrace);
  }
}
