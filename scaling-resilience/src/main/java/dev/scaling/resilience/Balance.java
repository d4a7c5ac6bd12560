package dev.scaling.resilience;

/**
 * The tokens of a {@link RetryBudget} at a moment, in millionths.
 *
 * @param micros that are there
 * @param successes that have been put in
 * @param atNanos until when time has been paid for
 * @param inFlight attempts that were paid for and are under way
 * @param spare that may go to the pool
 */
record Balance(long micros, long successes, long atNanos, int inFlight, Spare spare) {

  /** Returns it with what has come in since: never less than before, whatever the clock does. */
  Balance with(Income income, long successesNow, long nowNanos) {
    long passed = Math.max(0, nowNanos - atNanos);
    long more = (successesNow - successes) * income.perSuccessMicros()
        + (long) (passed * income.microsPerNano());
    long all = Math.min(income.mostMicros(), micros + more);
    long now = atNanos + passed;
    return new Balance(
        all, successesNow, now, inFlight, spared(income, micros + more - all, atNanos, now));
  }

  /** Returns it with tokens that come in just now, as far as there is room. */
  Balance plus(Income income, long more) {
    long all = Math.min(income.mostMicros(), micros + more);
    return new Balance(
        all, successes, atNanos, inFlight, spared(income, micros + more - all, atNanos, atNanos));
  }

  Balance minus(long less) {
    return new Balance(micros - less, successes, atNanos, inFlight, spare);
  }

  Balance inFlight(int attempts) {
    return new Balance(micros, successes, atNanos, attempts, spare);
  }

  Balance withoutSpare() {
    return new Balance(micros, successes, atNanos, inFlight, spare.none());
  }

  private Spare spared(Income income, long more, long sinceNanos, long nowNanos) {
    return income.isShared() ? spare.with(more, sinceNanos, nowNanos, income.lagNanos()) : spare;
  }
}
