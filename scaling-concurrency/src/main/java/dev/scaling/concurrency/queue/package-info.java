/**
 * Work that waits for its turn in this process, within bounds. Start with
 * {@link dev.scaling.concurrency.queue.BoundedQueue}. Nothing here is a broker: what waits is lost
 * with the process.
 */
package dev.scaling.concurrency.queue;
