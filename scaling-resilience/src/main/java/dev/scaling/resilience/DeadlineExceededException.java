package dev.scaling.resilience;

import dev.scaling.core.ScalingException;
import java.time.Duration;

/** A call was not done by its deadline. It may have begun, and may still be under way. */
public final class DeadlineExceededException extends ScalingException {

  private static final long serialVersionUID = 1L;

  DeadlineExceededException(String pipeline, Duration deadline, int attempt) {
    super(
        attempt == 0
            ? pipeline + ": the deadline was over before the call began; nothing was sent"
            : pipeline + ": not done within " + deadline + "; attempt " + attempt
                + " was under way",
        /* cause= */ null,
        /* hasStackTrace= */ false);
  }
}
