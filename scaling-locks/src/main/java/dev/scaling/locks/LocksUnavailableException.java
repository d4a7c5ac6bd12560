package dev.scaling.locks;

import dev.scaling.core.RejectedException;
import dev.scaling.locks.Acquisition.Unavailable;
import java.time.Duration;
import java.util.List;

/**
 * Says that too few nodes could be asked for a lock. Nothing of the attempt stays behind for longer
 * than a lease lasts.
 */
public final class LocksUnavailableException extends RejectedException {

  private static final long serialVersionUID = 1L;

  private final String[] nodes;

  LocksUnavailableException(String service, Unavailable outcome) {
    super(
        service,
        "no quorum: " + String.join(", ", outcome.nodes()) + " could not be asked",
        /* retryAfter= */ Duration.ZERO);
    nodes = outcome.nodes().toArray(String[]::new);
  }

  /** Returns the names of the nodes that could not be asked. */
  public List<String> nodes() {
    return List.of(nodes);
  }
}
