package dev.scaling.concurrency.adaptive;

import java.util.concurrent.CompletableFuture;

/** A call that waits for a slot. Whoever completes it first decides what becomes of it. */
final class Waiter extends CompletableFuture<AdaptivePermit> {

  final Priority priority;
  long deadlineNanos; // guarded by the lock of the waiting room

  Waiter(Priority priority) {
    this.priority = priority;
  }
}
