package dev.scaling.resilience;

/** What hedges are paid from: the shipped budget with retry budgets beside it, or a broken one. */
interface HedgePurse {

  /** A first attempt is sent. */
  void first(long nowNanos);

  /**
   * Asks for a token for a hedge.
   *
   * @param isGranted by the other budget, too
   * @return whether the hedge may be sent
   */
  boolean tryHedge(boolean isGranted, long nowNanos);

  /** The shipped one. What the other budget gives always comes back, and counts as sent here. */
  static HedgePurse of(HedgeBudget budget, RetryBudget rich, RetryBudget poor) {
    return new HedgePurse() {
      @Override
      public void first(long nowNanos) {
        budget.first(nowNanos);
      }

      @Override
      public boolean tryHedge(boolean isGranted, long nowNanos) {
        var withdrawal =
            budget.tryWithdraw(isGranted ? rich : poor, RetryBudget.TRANSIENT, nowNanos);
        if (withdrawal == null) {
          return false;
        }
        withdrawal.succeeded();
        return true;
      }
    };
  }
}
