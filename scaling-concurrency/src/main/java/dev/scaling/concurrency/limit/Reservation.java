package dev.scaling.concurrency.limit;

import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Permits that were taken and are there only later: wait for them, or give them back.
 *
 * <p>Those who wait for a key in one instance are served in the order of their coming. Who cancels
 * makes room: all behind move up, and what is left over at the end is given back if no other
 * instance has taken permits behind it, or else to whoever comes next here.
 *
 * <p>Safe for use by many threads.
 */
public final class Reservation implements AutoCloseable {

  private final String limiter;
  private final WaitLine line;
  private final CompletableFuture<@Nullable Void> ready = new CompletableFuture<>();

  Reservation(String limiter, WaitLine line) {
    this.limiter = limiter;
    this.line = line;
  }

  /**
   * Returns whether the permits are there. They are used then, whether or not anybody uses them.
   */
  public boolean isReady() {
    return ready.isDone() && !ready.isCompletedExceptionally();
  }

  /**
   * Returns how long it will be until the permits are there, as far as is known; zero if they are.
   */
  public Duration startsIn() {
    return isReady() ? Duration.ZERO : line.startsIn(this);
  }

  /**
   * Waits until the permits are there.
   *
   * @throws CancellationException if the reservation was cancelled, or the thread interrupted: its
   *     flag is set again, and the reservation is cancelled
   */
  public void await() {
    try {
      ready.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      if (cancel()) {
        throw new CancellationException(limiter + ": interrupted while waiting for permits");
      }
    } catch (ExecutionException e) {
      throw new IllegalStateException(limiter + ": waiting failed", e.getCause());
    }
  }

  /**
   * Returns a future that completes when the permits are there, on the thread of a timer: what
   * depends on it must not block. To cancel the future cancels nothing; {@link #cancel} does.
   */
  public CompletableFuture<@Nullable Void> ready() {
    return ready.copy();
  }

  /** Gives the permits up, and returns whether that was in time: before they were there. */
  public boolean cancel() {
    return line.leave(this);
  }

  /** Cancels the reservation if the permits are not there yet. */
  @Override
  public void close() {
    cancel();
  }

  void complete() {
    ready.complete(null);
  }

  void abandon() {
    ready.cancel(false);
  }
}
