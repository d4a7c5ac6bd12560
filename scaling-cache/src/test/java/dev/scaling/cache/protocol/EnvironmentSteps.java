package dev.scaling.cache.protocol;

import dev.scaling.cache.protocol.Cell.Fence;
import dev.scaling.cache.protocol.Cell.Lease;
import dev.scaling.cache.protocol.Cell.Tombstone;
import dev.scaling.cache.protocol.Variant.Rule;
import java.util.List;

/** What happens by itself: expiry, replication, delivery and loss of messages, dead loaders. */
final class EnvironmentSteps {

  private final Variant variant;

  EnvironmentSteps(Variant variant) {
    this.variant = variant;
  }

  void collect(State state, List<Step> into) {
    expire(state, into);
    if (variant.has(Rule.REPLICA_LAGS)) {
      replicate(state, into);
    }
    for (int i = 0; i < state.nodes().size(); i++) {
      deliver(state, i, into);
    }
    if (variant.has(Rule.LOADERS_DIE)) {
      killLoaders(state, into);
    }
  }

  private void expire(State state, List<Step> into) {
    if (state.faults().expiries() > 0 && mayExpire(state)) {
      State expired = state.with(new Cell.Empty()).with(state.faults().expire());
      into.add(new Step(state.cell() + " expires", expired));
    }
  }

  private boolean mayExpire(State state) {
    if (state.cell() instanceof Lease lease) {
      return !variant.has(Rule.LEASE_IS_RENEWED)
          || state.loaders().stream()
              .noneMatch(loader -> loader.isLoading() && loader.token() == lease.token());
    }
    if (state.cell() instanceof Fence fence) {
      return !variant.has(Rule.FENCE_OUTLIVES_COMMIT)
          || fence.writers().stream()
              .noneMatch(inside -> state.writers().get(inside).isAboutToCommit());
    }
    return false;
  }

  /** A tombstone is held for longer than the lag, hence ends only once the replica caught up. */
  private static void replicate(State state, List<Step> into) {
    if (state.source().isLagging()) {
      into.add(new Step("the replica catches up", state.with(state.source().caughtUp())));
    } else if (state.cell() instanceof Tombstone) {
      into.add(new Step("the tombstone expires", state.with(new Cell.Empty())));
    }
  }

  private static void deliver(State state, int index, List<Step> into) {
    Node node = state.nodes().get(index);
    if (node.pending() == 0) {
      return;
    }
    into.add(new Step("node " + index + " hears", state.withNode(index, node.deliver())));
    if (state.faults().losses() > 0) {
      State lost = state.withNode(index, node.lose()).with(state.faults().lose());
      into.add(new Step("a message to node " + index + " is lost", lost));
    }
  }

  private static void killLoaders(State state, List<Step> into) {
    for (int i = 0; i < state.loaders().size(); i++) {
      Loader loader = state.loaders().get(i);
      if (loader.isLoading()) {
        into.add(new Step("loader " + i + " dies", state.withLoader(i, loader.done())));
      }
    }
  }
}
