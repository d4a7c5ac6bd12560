package dev.scaling.locks;

import org.jspecify.annotations.Nullable;

/** What a bid knows of one node. Guarded by the section of its line. */
final class NodeView {

  @Nullable
  Moment sent; // of the call with the last reply, or else of the first call

  long serverMicros; // the node's clock in that reply, or when it handed the lock on
  long yielded; // the counter of the last grant that was given up, with all before it
  int asked; // calls under way
  boolean silent; // some call had no answer, and may arrive yet

  Answer.@Nullable Contended owner;

  void heard(Moment sent, long serverMicros) {
    if (serverMicros > this.serverMicros) {
      this.sent = sent;
      this.serverMicros = serverMicros;
    }
  }

  /** Returns whether an owner that is alive goes before a bid. */
  boolean isBefore(String id, boolean letsReaders, long deadMicros) {
    return owner != null
        && owner.leftMicros() > deadMicros
        && (owner.isRead() ? letsReaders : owner.owner().compareTo(id) < 0);
  }

  /** Returns the owner that has its node for the longest, or {@code null} if there is none. */
  static Answer.@Nullable Contended longest(NodeView[] views) {
    Answer.@Nullable Contended longest = null;
    for (NodeView view : views) {
      var owner = view.owner;
      if (owner != null && (longest == null || owner.leftMicros() > longest.leftMicros())) {
        longest = owner;
      }
    }
    return longest;
  }
}
