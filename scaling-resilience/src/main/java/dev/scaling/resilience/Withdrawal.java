package dev.scaling.resilience;

import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The tokens that one more attempt has taken out of a {@link RetryBudget}. One of the three methods
 * must follow, whatever becomes of the attempt; only the first call of them counts.
 *
 * <p>Safe for use by many threads.
 */
public final class Withdrawal {

  private final RetryBudget budget;
  private final long micros;
  private final AtomicBoolean ended = new AtomicBoolean();

  Withdrawal(RetryBudget budget, long micros) {
    this.budget = budget;
    this.micros = micros;
  }

  /** The attempt succeeded: it was worth its tokens, which go back. */
  public void succeeded() {
    end(/* isRefund= */ true);
  }

  /** The attempt failed, or was cancelled when the callee may have heard of it. */
  public void failed() {
    end(/* isRefund= */ false);
  }

  /** The attempt was not sent after all; the tokens go back. */
  public void notSent() {
    end(/* isRefund= */ true);
  }

  @Override
  public String toString() {
    return "Withdrawal[" + micros / 1e6 + (ended.get() ? " tokens, ended]" : " tokens]");
  }

  private void end(boolean isRefund) {
    if (!ended.getAndSet(true)) {
      budget.giveBack(micros, isRefund);
    }
  }
}
