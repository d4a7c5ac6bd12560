package dev.scaling.resilience;

/**
 * The tokens of a {@link RetryBudget} at a moment, in millionths.
 *
 * @param micros that are there
 * @param successes that have been put in
 * @param atNanos until when time has been paid for
 * @param inFlight attempts that were paid for and are under way
 */
record Balance(long micros, long successes, long atNanos, int inFlight) {

  /** Returns it with what has come in since: never less than before, whatever the clock does. */
  Balance with(Income income, long successesNow, long nowNanos) {
    long passed = Math.max(0, nowNanos - atNanos);
    long more = (successesNow - successes) * income.perSuccessMicros()
        + (long) (passed * income.microsPerNano());
    long all = Math.min(income.mostMicros(), micros + more);
    return new Balance(all, successesNow, atNanos + passed, inFlight);
  }

  Balance plus(long more, int attempts) {
    return new Balance(micros + more, successes, atNanos, inFlight + attempts);
  }
}
