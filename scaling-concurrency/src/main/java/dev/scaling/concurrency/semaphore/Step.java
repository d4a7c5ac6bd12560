package dev.scaling.concurrency.semaphore;

import org.jspecify.annotations.Nullable;

/**
 * What is to do next.
 *
 * @param request what to send now, or null
 * @param waitNanos after how long to ask again, at the latest
 */
record Step(@Nullable Request request, long waitNanos) {

  static final long FOREVER = Long.MAX_VALUE;
}
