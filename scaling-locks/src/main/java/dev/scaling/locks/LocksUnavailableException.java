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

  /**
   * Creates an exception.
   *
   * @param watched the nodes that have lost their memory, and grant nothing for as long as a lease
   */
  LocksUnavailableException(String service, Unavailable outcome, List<String> watched) {
    super(service, reason(outcome.nodes(), watched), /* retryAfter= */ Duration.ZERO);
    nodes = outcome.nodes().toArray(String[]::new);
  }

  /** Returns the names of the nodes that could not be asked, or whose answer does not count. */
  public List<String> nodes() {
    return List.of(nodes);
  }

  private static String reason(List<String> nodes, List<String> watched) {
    var forgetful = nodes.stream().filter(watched::contains).toList();
    return "no quorum: "
        + String.join(", ", nodes)
        + " could not be asked"
        + (forgetful.isEmpty()
            ? ""
            : "; " + String.join(", ", forgetful)
                + " has lost its memory, or never had one, and grants nothing for as long as a lease");
  }
}
