package dev.scaling.cache.protocol;

/**
 * One atomic step of a writer. All but {@link #COMMIT} and {@link #STORE} send a message to every
 * node.
 */
enum Operation {
  /** Writes the source. */
  COMMIT,
  /** Empties the cell, whatever it holds. */
  DELETE,
  /** Drops a value or a lease, and leaves the fences of others alone. */
  INVALIDATE,
  /** Replaces whatever the cell holds, another's fence too, by a fence of this writer's own. */
  LONE_FENCE,
  /** Joins the fence, which replaces a value or a lease. */
  FENCE,
  /** Leaves the fence; whoever leaves last, or finds no fence, empties the cell. */
  UNFENCE,
  /** Stores the committed version over whatever the cell holds. */
  SET,
  /** Stores the committed version unless the cell holds a newer one. */
  SET_IF_NEWER,
  /**
   * Stores the committed version over a value or a lease, and nothing if the cell is fenced;
   * perhaps after its turn is over. A control: we do not ship it.
   */
  LATE_PUT,
  /** Takes the lease of the cell over a value or another's lease, and nothing if it is fenced. */
  CLAIM,
  /** Fills the cell if it still holds the writer's own lease; perhaps after its turn is over. */
  STORE,
  /** Forbids loads until the replicas of the source have caught up. */
  TOMBSTONE;

  /** Returns whether the turn of a writer ends before this step has arrived. */
  boolean mayArriveLate() {
    return this == LATE_PUT || this == STORE;
  }
}
