package dev.scaling.cache.protocol;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** The transition system of one variant: where it starts, and every step out of a state. */
final class Protocol {

  private final Variant variant;
  private final LoaderSteps loaders;
  private final WriterSteps writers;
  private final EnvironmentSteps environment;

  Protocol(Variant variant) {
    this.variant = variant;
    this.loaders = new LoaderSteps(variant);
    this.writers = new WriterSteps(variant);
    this.environment = new EnvironmentSteps(variant);
  }

  State start() {
    return new State(
        new Source(0, 0),
        new Cell.Empty(),
        /* leases= */ 0,
        Collections.nCopies(Variant.NODES, new Node(Node.NOTHING, 0, 0)),
        variant.loaders().stream()
            .map(node -> Loader.on(node, variant.restarts()))
            .toList(),
        variant.writers().stream().map(Writer::of).toList(),
        variant.faults());
  }

  List<Step> stepsFrom(State state) {
    var steps = new ArrayList<Step>();
    environment.collect(state, steps);
    for (int i = 0; i < state.loaders().size(); i++) {
      loaders.collect(state, i, steps);
    }
    for (int i = 0; i < state.writers().size(); i++) {
      writers.collect(state, i, steps);
    }
    return steps;
  }
}
