/**
 * Limits of rate that hold over all instances of a service together. Start with
 * {@link dev.scaling.concurrency.limit.RateLimiter}.
 */
package dev.scaling.concurrency.limit;
