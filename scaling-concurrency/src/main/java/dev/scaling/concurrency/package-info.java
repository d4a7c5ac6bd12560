/**
 * Will hold request collapsing, batching, the centralized rate limiter, the distributed semaphore
 * and the adaptive concurrency limit. Nothing lives here yet.
 */
@NullMarked
package dev.scaling.concurrency;

import org.jspecify.annotations.NullMarked;
