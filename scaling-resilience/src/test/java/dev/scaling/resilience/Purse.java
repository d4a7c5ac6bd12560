package dev.scaling.resilience;

import org.jspecify.annotations.Nullable;

/** What a budget is to those who call: the shipped one, or one with a mistake in it. */
interface Purse {

  /** A call's first attempt has succeeded. */
  void succeeded();

  /** Asks for one token for a retry; returns what to say its outcome to, or {@code null}. */
  @Nullable
  Paid tryPay();

  /** Hears of an outcome. */
  interface Paid {

    void ended(boolean isSuccess);
  }

  /** The shipped budget. */
  static Purse of(RetryBudget budget) {
    return new Purse() {
      @Override
      public void succeeded() {
        budget.begin();
        budget.end(/* isFirstSuccess= */ true);
      }

      @Override
      public @Nullable Paid tryPay() {
        var withdrawal = budget.tryWithdraw(RetryBudget.TRANSIENT);
        return withdrawal == null
            ? null
            : isSuccess -> {
              if (isSuccess) {
                withdrawal.succeeded();
              } else {
                withdrawal.failed();
              }
            };
      }
    };
  }
}
