/**
 * Permits that hold over all instances of a service together. Start with
 * {@link dev.scaling.concurrency.semaphore.DistributedSemaphore}.
 */
package dev.scaling.concurrency.semaphore;
