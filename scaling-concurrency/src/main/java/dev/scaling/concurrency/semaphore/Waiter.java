package dev.scaling.concurrency.semaphore;

import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;

/** A call that waits for a permit. */
final class Waiter {

  static final long NOT_ASKED = Long.MAX_VALUE;

  final Duration maxWait;
  final CompletableFuture<Permit> future = new CompletableFuture<>();

  // Guarded by the section of the block.
  long askedBy = NOT_ASKED; // the number of the first request that counts it

  Waiter(Duration maxWait) {
    this.maxWait = maxWait;
  }

  /** Returns whether it waits for more than one answer of Redis. */
  boolean isPatient() {
    return !maxWait.isZero();
  }

  /** Gives it a permit, which comes back at once if nobody waits any longer. */
  void serve(Permit permit) {
    if (!future.complete(permit)) {
      permit.close();
    }
  }

  void cancel(String semaphore) {
    future.completeExceptionally(
        new CancellationException(semaphore + ": the semaphore was closed"));
  }
}
