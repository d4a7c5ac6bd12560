package dev.scaling.examples.violations.cache;

import java.util.concurrent.CompletableFuture;

/** Can be extended, has a field that anybody may change, holds a monitor, uses the common pool. */
public class Breaches {

  /** Anybody may change it. */
  public int mutable;

  /** Pins a virtual thread. */
  public synchronized void pin() {}

  /** Runs where it may starve everybody else. */
  public CompletableFuture<Void> onTheCommonPool() {
    return CompletableFuture.runAsync(this::pin);
  }

  /** Is not under the root of exceptions. */
  public static final class StrayException extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }
}
