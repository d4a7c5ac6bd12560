package dev.scaling.resilience;

import dev.scaling.resilience.context.RetryHint;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * When and how a pipeline retries.
 *
 * @param attempts of a call at most
 * @param retryable which failures may go away by themselves
 * @param hint what a failure says about when to come back
 * @param budget what retries are paid from
 */
record RetryRule(
    int attempts,
    Backoff backoff,
    Predicate<Throwable> retryable,
    Function<Throwable, @Nullable RetryHint> hint,
    RetryBudget budget) {

  /**
   * Returns what one more attempt after a failure takes, or {@code null} if there must be none;
   * asks the user's code.
   */
  @Nullable
  Next after(Throwable failure, int tries, long waitedNanos, RandomGenerator random) {
    if (!retryable.test(failure)) {
      return null;
    }
    var own = Duration.ofNanos(Math.max(0, backoff.nanos(tries, waitedNanos, random)));
    var said = hint.apply(failure);
    var hinted = said == null ? RetryHint.unknown() : said; // it is the user's code
    double cost = hinted.after().isPresent() ? RetryBudget.THROTTLED : cost(failure);
    return hinted.backoff(own).map(wait -> new Next(wait.toNanos(), cost)).orElse(null);
  }

  private static double cost(Throwable failure) {
    return failure instanceof TimeoutException || failure instanceof Attempt.TimedOutException
        ? RetryBudget.TIMEOUT
        : RetryBudget.TRANSIENT;
  }

  /**
   * What one more attempt takes.
   *
   * @param waitNanos before it
   * @param cost in tokens
   */
  record Next(long waitNanos, double cost) {}
}
