package dev.scaling.concurrency.collapse;

import dev.scaling.core.ScalingException;
import java.time.Duration;

/**
 * Says that a caller's own timeout has passed. What it waited for goes on if others wait for it,
 * and may have had its effect. It costs no stack trace.
 */
public final class CallTimedOutException extends ScalingException {

  private static final long serialVersionUID = 1L;

  CallTimedOutException(String component, Duration timeout) {
    super(
        component + ": no result after " + timeout, /* cause= */ null, /* hasStackTrace= */ false);
  }
}
