package dev.scaling.resilience;

import dev.scaling.core.RejectedException;
import java.time.Duration;
import java.util.Locale;

/** There were too few tokens for one more attempt, or too many such attempts were under way. */
public final class RetryBudgetExhaustedException extends RejectedException {

  private static final long serialVersionUID = 1L;

  RetryBudgetExhaustedException(String budget, double balance, double cost) {
    super(
        budget,
        String.format(
            Locale.ROOT,
            "no further attempt: it costs %.2f tokens, %.2f are there; or too many are under way",
            cost,
            balance),
        Duration.ZERO);
  }
}
