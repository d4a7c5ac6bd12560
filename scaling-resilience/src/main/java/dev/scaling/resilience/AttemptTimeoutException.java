package dev.scaling.resilience;

import dev.scaling.core.ScalingException;
import java.time.Duration;

/** An attempt took longer than it may, and was given up. The callee may go on with it. */
public final class AttemptTimeoutException extends ScalingException {

  private static final long serialVersionUID = 1L;

  AttemptTimeoutException(String pipeline, int attempt, Duration timeout) {
    super(
        pipeline + ": attempt " + attempt + " was not done within " + timeout,
        /* cause= */ null,
        /* hasStackTrace= */ false);
  }
}
