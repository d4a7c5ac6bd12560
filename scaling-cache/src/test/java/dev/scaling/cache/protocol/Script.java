package dev.scaling.cache.protocol;

import static dev.scaling.cache.protocol.Operation.COMMIT;
import static dev.scaling.cache.protocol.Operation.DELETE;
import static dev.scaling.cache.protocol.Operation.FENCE;
import static dev.scaling.cache.protocol.Operation.LONE_FENCE;
import static dev.scaling.cache.protocol.Operation.UNFENCE;

import java.util.List;

/**
 * What one writer does, in order.
 *
 * @param operations its steps
 * @param mayDie whether it may die between any two of them
 */
record Script(List<Operation> operations, boolean mayDie) {

  static Script of(Operation... operations) {
    return new Script(List.of(operations), /* mayDie= */ false);
  }

  /** Returns the plain writer: commit, then empty the cell. */
  static Script commitThenDelete() {
    return of(COMMIT, DELETE);
  }

  /** Returns the writer whose fence and its removal know nothing of other fences. */
  static Script loneUpdate() {
    return of(LONE_FENCE, COMMIT, DELETE);
  }

  /** Returns the writer that shares a fence with others. */
  static Script update() {
    return of(FENCE, COMMIT, UNFENCE);
  }

  Script dying() {
    return new Script(operations, /* mayDie= */ true);
  }
}
