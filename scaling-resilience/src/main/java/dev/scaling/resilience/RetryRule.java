package dev.scaling.resilience;

import java.util.function.Predicate;

/**
 * When and how a pipeline retries.
 *
 * @param attempts of a call at most
 * @param retryable which failures may go away by themselves
 * @param budget what retries are paid from
 */
record RetryRule(
    int attempts, Backoff backoff, Predicate<Throwable> retryable, RetryBudget budget) {}
