package dev.scaling.cache.protocol;

import static dev.scaling.cache.protocol.Node.NOTHING;

/**
 * One {@code get} that missed the local tier, somewhere between its start and its end.
 *
 * @param node the index of the node it runs on
 * @param stage the step it takes next
 * @param epoch the node's epoch as captured, or {@link Node#NOTHING}
 * @param value the version read or loaded, or {@link Node#NOTHING}
 * @param token the token of its lease, or {@link Node#NOTHING}
 * @param restarts how often it may still wait for another's load and start over
 */
record Loader(int node, Stage stage, int epoch, int value, int token, int restarts) {

  /** The next atomic step of a loader. */
  enum Stage {
    CAPTURE,
    READ,
    ACQUIRE,
    LOAD,
    FILL,
    FILL_LOCAL,
    WAIT,
    DONE
  }

  static Loader on(int node, int restarts) {
    return new Loader(node, Stage.CAPTURE, NOTHING, NOTHING, NOTHING, restarts);
  }

  Loader captured(int captured) {
    return new Loader(node, Stage.READ, captured, value, token, restarts);
  }

  Loader missed() {
    return at(Stage.ACQUIRE);
  }

  Loader acquired(int acquired) {
    return new Loader(node, Stage.LOAD, epoch, value, acquired, restarts);
  }

  Loader loaded(int version) {
    return new Loader(node, Stage.FILL, epoch, version, token, restarts);
  }

  Loader filled() {
    return at(Stage.FILL_LOCAL);
  }

  Loader hit(int version) {
    return new Loader(node, Stage.FILL_LOCAL, epoch, version, token, restarts);
  }

  /** Forgets all it has read: what it does after waking may not depend on what it saw before. */
  Loader waiting() {
    return new Loader(node, Stage.WAIT, NOTHING, NOTHING, NOTHING, restarts);
  }

  Loader woken() {
    return on(node, restarts - 1);
  }

  Loader done() {
    return new Loader(node, Stage.DONE, NOTHING, NOTHING, NOTHING, 0);
  }

  /** Ends without caching, but remembers the value: its caller gets it. */
  Loader refused() {
    return at(Stage.DONE);
  }

  boolean isDone() {
    return stage == Stage.DONE;
  }

  /** Returns whether it is between acquiring and filling. */
  boolean isLoading() {
    return stage == Stage.LOAD || stage == Stage.FILL;
  }

  private Loader at(Stage next) {
    return new Loader(node, next, epoch, value, token, restarts);
  }
}
