package dev.scaling.cache;

import org.jspecify.annotations.Nullable;

/**
 * What a key's string in Redis holds.
 *
 * @param state what kind of thing
 * @param value the value, if that is what it holds
 */
record Cell<V>(State state, @Nullable V value) {

  enum State {
    /** Nothing. */
    ABSENT,
    /** A value. */
    VALUE,
    /** The knowledge that the source has no value. */
    NEGATIVE,
    /** Somebody loads it. */
    LEASED,
    /** Somebody writes it. */
    FENCED,
    /** Something that this instance cannot read. */
    UNREADABLE
  }

  static <V> Cell<V> of(State state) {
    return new Cell<>(state, null);
  }

  boolean isHit() {
    return state == State.VALUE || state == State.NEGATIVE;
  }
}
