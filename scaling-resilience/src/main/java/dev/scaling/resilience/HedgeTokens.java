package dev.scaling.resilience;

/**
 * The tokens of a {@link HedgeBudget} at a moment, in millionths.
 *
 * @param youngMicros that came in since the present half of the time to live began
 * @param oldMicros that came in during the half before
 * @param firsts first attempts that have been paid for
 * @param endsNanos when the present half ends
 */
record HedgeTokens(long youngMicros, long oldMicros, long firsts, long endsNanos) {

  long micros() {
    return youngMicros + oldMicros;
  }

  /**
   * Returns it with what first attempts have paid since; the oldest is what there is no room for.
   */
  HedgeTokens paid(long firstsNow, long perFirstMicros, long mostMicros) {
    long young = Math.min(mostMicros, youngMicros + (firstsNow - firsts) * perFirstMicros);
    return new HedgeTokens(young, Math.min(oldMicros, mostMicros - young), firstsNow, endsNanos);
  }

  /** Returns what is left of it; the same if the present half has not ended. */
  HedgeTokens at(long nowNanos, long halfNanos) {
    long lateNanos = nowNanos - endsNanos;
    if (lateNanos < 0) {
      return this;
    }
    long more = lateNanos / halfNanos;
    return new HedgeTokens(
        0, more == 0 ? youngMicros : 0, firsts, endsNanos + (more + 1) * halfNanos);
  }

  /** Returns it with less, the oldest first. */
  HedgeTokens minus(long micros) {
    long old = Math.min(oldMicros, micros);
    return new HedgeTokens(youngMicros - (micros - old), oldMicros - old, firsts, endsNanos);
  }

  /** Returns it with more that is as old as can be, as far as there is room. */
  HedgeTokens plusOld(long micros, long mostMicros) {
    long old = Math.min(oldMicros + micros, mostMicros - youngMicros);
    return new HedgeTokens(youngMicros, old, firsts, endsNanos);
  }
}
