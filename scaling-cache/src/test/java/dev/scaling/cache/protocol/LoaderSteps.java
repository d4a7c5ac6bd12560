package dev.scaling.cache.protocol;

import dev.scaling.cache.protocol.Variant.Fill;
import dev.scaling.cache.protocol.Variant.LocalFill;
import dev.scaling.cache.protocol.Variant.Rule;
import java.util.List;

/**
 * The steps of a loader: capture the local epoch, read the cell, acquire, load, fill the remote
 * tier, fill the local tier.
 */
final class LoaderSteps {

  private final Variant variant;

  LoaderSteps(Variant variant) {
    this.variant = variant;
  }

  void collect(State state, int index, List<Step> into) {
    Loader loader = state.loaders().get(index);
    switch (loader.stage()) {
      case CAPTURE -> into.add(capture(state, index, loader));
      case READ -> into.add(read(state, index, loader));
      case ACQUIRE -> into.add(acquire(state, index, loader));
      case LOAD -> load(state, index, loader, into);
      case FILL -> into.add(fill(state, index, loader));
      case FILL_LOCAL -> into.add(fillLocal(state, index, loader));
      case WAIT -> into.add(step(state, index, "wakes and starts over", loader.woken()));
      case DONE -> {}
    }
  }

  private static Step capture(State state, int index, Loader loader) {
    int epoch = state.nodes().get(loader.node()).epoch();
    return step(state, index, "captures epoch " + epoch, loader.captured(epoch));
  }

  private static Step read(State state, int index, Loader loader) {
    return state.cell() instanceof Cell.Empty
        ? step(state, index, "misses", loader.missed())
        : found(state, index, loader);
  }

  private Step acquire(State state, int index, Loader loader) {
    if (variant.fill() == Fill.BLIND) {
      return step(state, index, "needs no lease", loader.acquired(Node.NOTHING));
    }
    if (state.cell() instanceof Cell.Empty) {
      int token = variant.fill() == Fill.LEASE_PER_CLIENT ? loader.node() : state.leases() + 1;
      State leased = state.with(new Cell.Lease(token)).withOneMoreLease();
      return step(leased, index, "acquires lease " + token, loader.acquired(token));
    }
    return variant.restarts() > 0
        ? found(state, index, loader)
        : step(state, index, "loses the race for the lease", loader.done());
  }

  /** A hit, or somebody else's mark: then wait for it, or go on without caching. */
  private static Step found(State state, int index, Loader loader) {
    if (state.cell() instanceof Cell.Value hit) {
      return step(state, index, "hits " + hit.version(), loader.hit(hit.version()));
    }
    if (state.cell() instanceof Cell.Lease && loader.restarts() > 0) {
      return step(state, index, "waits for another's load", loader.waiting());
    }
    return step(state, index, "finds the cell busy", loader.done());
  }

  private void load(State state, int index, Loader loader, List<Step> into) {
    int newest = state.source().committed();
    into.add(step(state, index, "loads " + newest, loader.loaded(newest)));
    if (variant.has(Rule.REPLICA_LAGS) && state.source().isLagging()) {
      int older = state.source().replica();
      into.add(step(state, index, "loads " + older, loader.loaded(older)));
    }
  }

  private Step fill(State state, int index, Loader loader) {
    if (variant.fill() == Fill.BLIND || state.cell().equals(new Cell.Lease(loader.token()))) {
      State filled = state.with(new Cell.Value(loader.value()));
      return step(filled, index, "fills " + loader.value(), loader.filled());
    }
    Loader after = variant.localFill() == LocalFill.BLIND ? loader.filled() : loader.refused();
    return step(state, index, "may not fill " + loader.value(), after);
  }

  private Step fillLocal(State state, int index, Loader loader) {
    Node node = state.nodes().get(loader.node());
    boolean permitted = switch (variant.localFill()) {
      case NO_LOCAL_TIER -> false;
      case BLIND -> true;
      case SAME_EPOCH -> node.epoch() == loader.epoch();
    };
    return permitted
        ? step(
            state.withNode(loader.node(), node.fill(loader.value())),
            index,
            "fills " + loader.value() + " locally",
            loader.done())
        : step(state, index, "leaves the local tier alone", loader.done());
  }

  private static Step step(State state, int index, String does, Loader after) {
    String label = "loader " + index + " on node " + after.node() + " " + does;
    return new Step(label, state.withLoader(index, after));
  }
}
