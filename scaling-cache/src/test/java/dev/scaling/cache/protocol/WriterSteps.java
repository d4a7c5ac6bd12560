package dev.scaling.cache.protocol;

import dev.scaling.cache.protocol.Cell.Fence;
import dev.scaling.cache.protocol.Cell.Lease;
import dev.scaling.cache.protocol.Cell.Tombstone;
import dev.scaling.cache.protocol.Cell.Value;
import dev.scaling.cache.protocol.Variant.Rule;
import java.util.List;
import java.util.Locale;

/** The steps of a writer: those of its script, in order, and perhaps its death in between. */
final class WriterSteps {

  private final Variant variant;

  WriterSteps(Variant variant) {
    this.variant = variant;
  }

  void collect(State state, int index, List<Step> into) {
    Writer writer = state.writers().get(index);
    if (writer.isDone() || mustWait(state, writer)) {
      return;
    }
    into.add(
        writer.next() == Operation.COMMIT
            ? commit(state, index, writer)
            : send(state, index, writer));
    if (writer.script().mayDie() && writer.isUnderWay()) {
      into.add(new Step("writer " + index + " dies", state.withWriter(index, writer.die())));
    }
  }

  private boolean mustWait(State state, Writer writer) {
    return variant.has(Rule.WRITERS_TAKE_TURNS)
        && !writer.isUnderWay()
        && state.writers().stream().anyMatch(Writer::isUnderWay);
  }

  private Step commit(State state, int index, Writer writer) {
    Source source = state.source().commit(variant.has(Rule.REPLICA_LAGS));
    return new Step(
        "writer " + index + " commits " + source.committed(),
        state.with(source).withWriter(index, writer.committed(source.committed())));
  }

  /** One script of the remote tier: it changes the cell and publishes, atomically. */
  private static Step send(State state, int index, Writer writer) {
    String name = writer.next().name().toLowerCase(Locale.ROOT).replace('_', ' ');
    State sent = state
        .with(apply(writer.next(), state.cell(), index, writer.version()))
        .withWriter(index, writer.advance());
    return new Step(
        "writer " + index + ": " + name,
        writer.next() == Operation.STORE ? sent : sent.withMessageToEveryNode());
  }

  private static Cell apply(Operation operation, Cell cell, int writer, int version) {
    return switch (operation) {
      case COMMIT -> throw new IllegalArgumentException("a commit does not touch the cell");
      case DELETE -> new Cell.Empty();
      case INVALIDATE -> cell instanceof Fence ? cell : new Cell.Empty();
      case LONE_FENCE -> new Fence(List.of(writer));
      case FENCE -> cell instanceof Fence fence ? fence.with(writer) : new Fence(List.of(writer));
      case UNFENCE -> cell instanceof Fence fence ? fence.without(writer) : new Cell.Empty();
      case SET -> new Value(version);
      case SET_IF_NEWER ->
        cell instanceof Value value && value.version() > version ? cell : new Value(version);
      case LATE_PUT -> cell instanceof Fence ? cell : new Value(version);
      case CLAIM -> cell instanceof Fence ? cell : leaseOf(writer);
      case STORE -> cell.equals(leaseOf(writer)) ? new Value(version) : cell;
      case TOMBSTONE -> new Tombstone(version);
    };
  }

  /** A lease like a load's, with a token that no load has. */
  private static Cell leaseOf(int writer) {
    return new Lease(-1 - writer);
  }
}
