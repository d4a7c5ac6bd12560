package dev.scaling.resilience;

import dev.scaling.core.internal.Checks;
import dev.scaling.resilience.context.RetryHint;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Sets up when and how a {@link Resilience} retries. Not safe for use by many threads. */
public final class RetryBuilder {

  private final RetryBudget budget;
  private int attempts = 3;
  private Backoff backoff = Backoff.fullJitter(Duration.ofMillis(50), Duration.ofSeconds(5));
  private Function<Throwable, @Nullable RetryHint> hint = failure -> RetryHint.unknown();
  private Predicate<Throwable> retryable = RetryBuilder::mayGoAway;

  RetryBuilder(RetryBudget budget) {
    this.budget = Checks.notNull(budget, "budget");
  }

  /**
   * Sets how many attempts a call makes at most, the first one counted.
   *
   * @param attempts from 2 to 100; the default is 3
   */
  public RetryBuilder attempts(int attempts) {
    this.attempts = (int) Checks.range("attempts", attempts, 2, 100);
    return this;
  }

  /** Sets the waits; the default is full jitter, from 50 milliseconds to 5 seconds. */
  public RetryBuilder backoff(Backoff backoff) {
    this.backoff = Checks.notNull(backoff, "backoff");
    return this;
  }

  /**
   * Sets which failures are worth a retry: those that may go away by themselves, of calls that may
   * be made twice. The default is {@link IOException}, {@link TimeoutException} and
   * {@link Attempt.TimedOutException}. A failure that it throws for is not retried, nor is any
   * {@link Error} or {@link InterruptedException}, nor what this pipeline's own breaker and
   * bulkhead refuse.
   */
  public RetryBuilder retryable(Predicate<Throwable> retryable) {
    this.retryable = Checks.notNull(retryable, "retryable");
    return this;
  }

  /**
   * Sets how to read what a callee says about retries when it fails, such as {@code Retry-After}.
   * The wait is then as long as it asks, but no shorter than the backoff and at most five seconds
   * longer, and costs {@link RetryBudget#THROTTLED}; or there is no retry. The default knows of no
   * hint. What it throws is hung on the failure, which is not retried.
   */
  public RetryBuilder hint(Function<Throwable, @Nullable RetryHint> hint) {
    this.hint = Checks.notNull(hint, "hint");
    return this;
  }

  static boolean mayGoAway(Throwable failure) {
    return failure instanceof IOException
        || failure instanceof TimeoutException
        || failure instanceof Attempt.TimedOutException;
  }

  RetryRule build() {
    return new RetryRule(attempts, backoff, retryable, hint, budget);
  }
}
