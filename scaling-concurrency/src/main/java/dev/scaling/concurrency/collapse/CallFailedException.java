package dev.scaling.concurrency.collapse;

import dev.scaling.core.ScalingException;

/**
 * Says that what a caller waited for has failed. Each caller gets one of its own; the cause, what
 * was thrown, is shared by all.
 */
public final class CallFailedException extends ScalingException {

  private static final long serialVersionUID = 1L;

  CallFailedException(String component, String reason, Throwable cause) {
    super(component + ": " + reason, cause);
  }

  static CallFailedException of(String component, Throwable cause) {
    return new CallFailedException(
        component, "the execution failed with " + cause.getClass().getName(), cause);
  }
}
