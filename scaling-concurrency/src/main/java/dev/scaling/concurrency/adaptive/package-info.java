/**
 * A limit of concurrent calls that finds itself, for a dependency whose capacity nobody knows or
 * that changes. Start with {@link dev.scaling.concurrency.adaptive.AdaptiveLimit}. It lives in one
 * process and talks to nobody; for a limit over all instances together see the semaphore.
 */
package dev.scaling.concurrency.adaptive;
