package dev.scaling.locks.fencing;

import dev.scaling.core.RejectedException;
import java.time.Duration;

/**
 * Says that a guard in memory is full of resources that were all checked within its retention, so
 * that it can neither remember another one nor forget one of them. {@link #retryAfter()} is when
 * the first of them may be forgotten.
 */
public final class TooManyResourcesException extends RejectedException {

  private static final long serialVersionUID = 1L;

  TooManyResourcesException(
      String guard, int maximumResources, Duration retention, Duration retryAfter) {
    super(
        guard,
        "no room for another resource: " + maximumResources + " were checked within " + retention,
        retryAfter);
  }
}
