package dev.scaling.resilience;

import org.jspecify.annotations.Nullable;

/**
 * When a pipeline sends hedges, and what they are paid from.
 *
 * @param quantile of the latencies, after which one is sent
 * @param maximumExtraLoad hedges a call
 * @param minimumDelayNanos before which none is sent
 * @param budget that they share with retries
 * @param hedges their own
 */
record HedgeRule(
    double quantile,
    double maximumExtraLoad,
    long minimumDelayNanos,
    RetryBudget budget,
    HedgeBudget hedges) {

  /** Returns after which time to send one, or {@link Long#MAX_VALUE} for never. */
  long delayNanos(LatencyReading latencies) {
    return latencies.isKnown()
        ? Math.max(minimumDelayNanos, latencies.triggerNanos())
        : Long.MAX_VALUE;
  }

  /** Takes a token of each budget, or none. */
  RetryBudget.@Nullable Withdrawal tryWithdraw(long nowNanos) {
    return hedges.tryWithdraw(budget, RetryBudget.TRANSIENT, nowNanos);
  }
}
