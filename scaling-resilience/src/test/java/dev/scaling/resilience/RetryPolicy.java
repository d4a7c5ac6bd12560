package dev.scaling.resilience;

import org.jspecify.annotations.Nullable;

/** What lets a simulated client send once more: our budget, or what others have. */
interface RetryPolicy {

  int ATTEMPTS = 3;

  /** Begins a call. */
  Call begin();

  /** One call: its attempts end one after the other. */
  interface Call {

    /** An attempt has succeeded, and the call ends. */
    void succeeded(int attempt);

    /** An attempt has failed; returns whether there may be another, and if not, the call ends. */
    boolean failed(int attempt);
  }

  /** The shipped budget. */
  static RetryPolicy of(RetryBudget budget) {
    return () -> {
      budget.begin();
      return new Call() {
        private RetryBudget.@Nullable Withdrawal paid;

        @Override
        public void succeeded(int attempt) {
          if (paid != null) {
            paid.succeeded();
          }
          budget.end(attempt == 1);
        }

        @Override
        public boolean failed(int attempt) {
          if (paid != null) {
            paid.failed();
          }
          paid = attempt < ATTEMPTS ? budget.tryWithdraw(RetryBudget.TRANSIENT) : null;
          if (paid == null) {
            budget.end(/* isFirstSuccess= */ false);
          }
          return paid != null;
        }
      };
    };
  }
}
