package dev.scaling.resilience;

/**
 * Tokens that came in beyond an instance's share, for the pool.
 *
 * @param micros how many, in millionths
 * @param fromNanos since when they came in
 */
record Spare(long micros, long fromNanos) {

  /*
   * They must be young: an instance that had success for an hour, and nothing to repeat, has as many as one
   * of the last second. Else each instance would refill the pool once it is in trouble, one after another.
   */

  /**
   * Returns it with more.
   *
   * @param more that came in at some time between the two that follow
   * @param lagNanos what is older than that is dropped
   */
  Spare with(long more, long sinceNanos, long nowNanos, long lagNanos) {
    if (nowNanos - sinceNanos > lagNanos) {
      return new Spare(0, nowNanos);
    }
    boolean isDropped = micros == 0 || nowNanos - fromNanos > lagNanos;
    return isDropped ? new Spare(more, sinceNanos) : new Spare(micros + more, fromNanos);
  }

  Spare none() {
    return micros == 0 ? this : new Spare(0, fromNanos);
  }
}
