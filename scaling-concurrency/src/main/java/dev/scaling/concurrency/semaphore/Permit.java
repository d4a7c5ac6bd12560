package dev.scaling.concurrency.semaphore;

import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A permit of a {@link DistributedSemaphore}, until it is closed or lost.
 *
 * <p>It is lost if Redis has not confirmed this instance for the length of a lease, less a
 * twentieth: then another instance may get it. Stop working when {@link #isValid} says so, or let
 * what you work on refuse older fencing tokens.
 *
 * <p>Safe for use by many threads. No method talks to Redis or blocks.
 */
public final class Permit implements AutoCloseable {

  private final Block block;
  private final long fencingToken;
  private final CompletableFuture<@Nullable Void> lost = new CompletableFuture<>();
  private volatile boolean ended;

  Permit(Block block, long fencingToken) {
    this.block = block;
    this.fencingToken = fencingToken;
  }

  /**
   * Returns whether the permit is still this caller's, by the monotonic clock of this machine at
   * this moment. Once {@code false}, it stays so.
   */
  public boolean isValid() {
    return !ended && block.isCurrent();
  }

  /**
   * Returns a number that no other permit of the semaphore has. In one instance a later permit has
   * the greater one, and so has one that came to another instance after this one was closed and
   * given back, or lost. So with a semaphore of one permit they always grow.
   */
  public long fencingToken() {
    return fencingToken;
  }

  /**
   * Returns a future that completes when the permit is lost, on the semaphore's executor, and never
   * if it was closed before. To complete the future yourself has no effect on others.
   */
  public CompletableFuture<@Nullable Void> lost() {
    return lost.copy();
  }

  /** Gives the permit on or back. Does nothing the second time, or once it is lost. */
  @Override
  public void close() {
    block.release(this);
  }

  @Override
  public String toString() {
    return "Permit[" + fencingToken + (isValid() ? "]" : ", ended]");
  }

  /** Ends the permit; the block calls it under its lock. */
  void end() {
    ended = true;
  }

  void tellLost() {
    lost.complete(null);
  }
}
