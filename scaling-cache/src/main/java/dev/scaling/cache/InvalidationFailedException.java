package dev.scaling.cache;

import dev.scaling.core.ScalingException;
import org.jspecify.annotations.Nullable;

/**
 * Says that the other instances, or Redis itself, may go on serving an old value until its time to
 * live ends, because they could not be told. The instance that throws it has dropped its own copy.
 *
 * <p>Call {@code invalidate} again for the same keys when Redis answers: it is safe at any time.
 */
public final class InvalidationFailedException extends ScalingException {

  private static final long serialVersionUID = 1L;

  private final boolean sourceWritten;

  InvalidationFailedException(
      String cache, String reason, boolean sourceWritten, @Nullable Throwable cause) {
    super(cache + ": " + reason, cause);
    this.sourceWritten = sourceWritten;
  }

  /**
   * Returns whether the write to the source of an {@code update} has run: {@code false} if it was
   * not even begun, and if there was none. If the write threw, this exception is among those that
   * its own suppresses, and the source may be written.
   */
  public boolean isSourceWritten() {
    return sourceWritten;
  }
}
