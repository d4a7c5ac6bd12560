package dev.scaling.cache.protocol;

import java.util.ArrayList;
import java.util.List;

/** What the remote tier holds under the one key of the model. */
sealed interface Cell {

  /** Nothing: a reader misses and may acquire a lease. */
  record Empty() implements Cell {}

  /** A copy of the source's value, named by the number of the commit that wrote it. */
  record Value(int version) implements Cell {}

  /** One load is under way; only the holder of the token may fill. */
  record Lease(int token) implements Cell {}

  /** Nobody may load or fill until every writer inside has left, or the fence expires. */
  record Fence(List<Integer> writers) implements Cell {

    /** Returns the fence with one more writer inside; in order of arrival, as a script appends. */
    Fence with(int writer) {
      var inside = new ArrayList<Integer>(writers);
      inside.add(writer);
      return new Fence(List.copyOf(inside));
    }

    /** Returns what remains when a writer leaves: a smaller fence, or nothing. */
    Cell without(int writer) {
      List<Integer> rest = writers.stream().filter(inside -> inside != writer).toList();
      return rest.isEmpty() ? new Empty() : new Fence(rest);
    }
  }

  /** Nobody may load until the replicas of the source have caught up. */
  record Tombstone(int version) implements Cell {}

  /** Returns whether the cell goes away by itself, so that the system is not at rest yet. */
  default boolean isTransient() {
    return this instanceof Lease || this instanceof Fence || this instanceof Tombstone;
  }
}
