package dev.scaling.locks;

import org.jspecify.annotations.Nullable;

/** What a bid knows of one node. In the section of its line. */
final class View {

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
}
