package dev.scaling.locks;

import dev.scaling.core.Time;

/**
 * A moment by both clocks of this machine. The monotonic one may stand still while the machine is
 * suspended, the wall clock may be set: what is left is what is less by either.
 */
record Moment(long nanos, long millis) {

  private static final long MILLI = 1_000_000;

  static Moment now(Time time) {
    return new Moment(time.nanoTime(), time.currentTimeMillis());
  }

  Moment plusNanos(long more) {
    return new Moment(nanos + more, millis + Math.floorDiv(more, MILLI));
  }

  /** Returns the nanoseconds from another moment to this one. */
  long nanosFrom(Moment other) {
    return Math.min(nanos - other.nanos, (millis - other.millis) * MILLI);
  }

  /** Returns the moment that is earlier by the monotonic clock. */
  Moment earlier(Moment other) {
    return nanos - other.nanos <= 0 ? this : other;
  }
}
