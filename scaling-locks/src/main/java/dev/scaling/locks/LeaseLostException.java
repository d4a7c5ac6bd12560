package dev.scaling.locks;

import dev.scaling.core.ScalingException;
import dev.scaling.locks.Lease.LossReason;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Says that a lease ended before its work did: the work may have overlapped with another's. */
public final class LeaseLostException extends ScalingException {

  private static final long serialVersionUID = 1L;

  private final long fencingToken;
  private final @Nullable LossReason reason;

  LeaseLostException(
      String service, long fencingToken, @Nullable LossReason reason, Duration remaining) {
    super(
        service + ": lease with fencing token " + fencingToken + what(reason, remaining),
        /* cause= */ null);
    this.fencingToken = fencingToken;
    this.reason = reason;
  }

  private static String what(@Nullable LossReason reason, Duration remaining) {
    if (reason != null) {
      return " was lost: " + reason;
    }
    return remaining.isZero() ? " is not held any more" : " has only " + remaining + " left";
  }

  /** Returns the fencing token of the lease. */
  public long fencingToken() {
    return fencingToken;
  }

  /**
   * Returns why it was lost, or {@code null} if it was given back, is out of hand, or could only
   * not be extended by enough.
   */
  public @Nullable LossReason reason() {
    return reason;
  }
}
