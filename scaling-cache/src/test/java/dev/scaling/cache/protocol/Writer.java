package dev.scaling.cache.protocol;

import static dev.scaling.cache.protocol.Node.NOTHING;

/**
 * One write, somewhere between its start and its end. Dead is the same as finished.
 *
 * @param script what it does
 * @param position the index of its next operation, or their number when it is finished
 * @param version what it committed last, or {@link Node#NOTHING}
 */
record Writer(Script script, int position, int version) {

  static Writer of(Script script) {
    return new Writer(script, 0, NOTHING);
  }

  Operation next() {
    return script.operations().get(position);
  }

  Writer advance() {
    return new Writer(script, position + 1, version);
  }

  Writer committed(int number) {
    return new Writer(script, position + 1, number);
  }

  Writer die() {
    return new Writer(script, script.operations().size(), version);
  }

  boolean isDone() {
    return position == script.operations().size();
  }

  /** Returns whether it has its turn now. */
  boolean isUnderWay() {
    return position > 0 && !isDone() && !next().mayArriveLate();
  }

  /** Returns whether its next step is the commit: the time for which a fence is kept alive. */
  boolean isAboutToCommit() {
    return !isDone() && next() == Operation.COMMIT;
  }
}
