package dev.scaling.cache.protocol;

import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Visits every state that a protocol can reach, whatever the order of its steps, and looks for
 * values that stay stale.
 *
 * <p>There is one key. <b>Atomic</b> is what one machine does at once: one command or script of the
 * remote tier together with the messages it publishes, one commit or one read of the source, one
 * look at a node's epoch, the check of the epoch together with the local fill, and the arrival of a
 * message, which raises the epoch and empties the local tier. Between any two such steps every
 * other participant may take any number of its own.
 *
 * <p><b>The environment</b> delivers each message at any time after it was sent. Within the bounds
 * of the variant it may let a lease or a fence expire, lose a message, let a replica of the source
 * lag, and kill a writer or a loader between two of its steps. A loader that waits may wake at any
 * time, which covers notices that are late, lost or spurious.
 *
 * <p><b>At rest</b> is a state in which all loaders and writers have ended, no message is on its
 * way and no lease, fence or tombstone is left; and any state without a next step. It is
 * <b>stale</b> if a tier then holds a value older than the last commit, since nothing but the time
 * to live would ever repair it. Reading an old value while a write is under way is no fault.
 *
 * <p><b>Limits.</b> The bounds are small: two nodes, at most three loaders and two writers, one or
 * two expiries, one loss. That what goes wrong at all goes wrong within such bounds is the
 * small-scope hypothesis, not a proof. Values do not expire, nodes do not restart, and the remote
 * tier neither fails over nor evicts.
 */
final class Explorer {

  /*
   * Explicit-state model checking: breadth first over a set of visited states, so that the first
   * fault found is reached by a shortest path [1]; as TLC does for TLA+ [2]. The bounds follow [3].
   * The protocols under test descend from the leases of [4]. Time and memory are linear in the
   * number of states; the largest variant has 330 thousand.
   *
   * [1] G. Holzmann: The Model Checker SPIN, https://doi.org/10.1109/32.588521
   * [2] Y. Yu, P. Manolios, L. Lamport: Model Checking TLA+ Specifications,
   *     https://doi.org/10.1007/3-540-48153-2_6
   * [3] D. Jackson: Software Abstractions, MIT Press 2012, on small scopes
   * [4] R. Nishtala et al.: Scaling Memcache at Facebook,
   *     https://www.usenix.org/conference/nsdi13/technical-sessions/presentation/nishtala
   */

  private final Protocol protocol;
  private final int maximumStates;
  private final HashSet<State> seen = new HashSet<>();
  private final ArrayDeque<Trail> frontier = new ArrayDeque<>();
  private @Nullable Trail stale;
  private int ends;

  private Explorer(Protocol protocol, int maximumStates) {
    this.protocol = protocol;
    this.maximumStates = maximumStates;
  }

  /** Explores until nothing new is found, or until there are too many states. */
  static Exploration explore(Protocol protocol, int maximumStates) {
    return new Explorer(protocol, maximumStates).run();
  }

  private Exploration run() {
    visit(new Trail(null, "", protocol.start()));
    while (!frontier.isEmpty() && seen.size() <= maximumStates) {
      Trail trail = frontier.remove();
      List<Step> steps = protocol.stepsFrom(trail.state);
      if (steps.isEmpty() || trail.state.isQuiet()) {
        rest(trail);
      }
      for (Step step : steps) {
        visit(new Trail(trail, step.label(), step.next()));
      }
    }
    return new Exploration(
        seen.size(), ends, frontier.isEmpty(), Optional.ofNullable(stale).map(Trail::labels));
  }

  private void visit(Trail trail) {
    if (seen.add(trail.state)) {
      frontier.add(trail);
    }
  }

  private void rest(Trail trail) {
    ends++;
    if (stale == null && !trail.state.staleTiers().isEmpty()) {
      stale = trail;
    }
  }

  /** A state and how it was first reached. */
  private record Trail(@Nullable Trail previous, String label, State state) {

    List<String> labels() {
      var labels = new ArrayDeque<String>();
      for (Trail at = this; at.previous != null; at = at.previous) {
        labels.addFirst(at.label);
      }
      return List.copyOf(labels);
    }
  }
}
