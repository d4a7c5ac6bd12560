package dev.scaling.cache;

import dev.scaling.core.ScalingException;
import org.jspecify.annotations.Nullable;

/**
 * Says that a value could not be read from the source. The cause is what the loader threw; there is
 * none if the load took too long.
 */
public final class LoadFailedException extends ScalingException {

  private static final long serialVersionUID = 1L;

  LoadFailedException(String cache, String reason, @Nullable Throwable cause) {
    super(cache + ": " + reason, cause);
  }
}
