package dev.scaling.concurrency.queue;

import dev.scaling.concurrency.internal.Alarm;
import dev.scaling.core.Time;
import dev.scaling.core.internal.Checks;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * A put that waits for room, and the future of its caller.
 *
 * <p>Of acceptance, timeout, cancellation, interrupt and close, the first to take it out of the
 * line decides. So whose future is cancelled was not accepted, and whoever was accepted hears so.
 */
final class Producer<T> extends CompletableFuture<@Nullable Void> {

  final T item;

  private final Work<T> work;
  private final boolean isBlocking;
  private final @Nullable Duration maxWait;
  private final Alarm alarm = new Alarm();

  /** Creates a put whose caller blocks, or gets this future. */
  Producer(Work<T> work, T item, boolean isBlocking, @Nullable Duration maxWait) {
    this.work = work;
    this.item = item;
    this.isBlocking = isBlocking;
    this.maxWait = maxWait;
  }

  /** Returns whether its thread waits until there is room, however long that takes. */
  boolean isEndless() {
    return isBlocking && maxWait == null;
  }

  /** Begins to count down the time that it waits at most. */
  void startTimer(Time time) {
    if (maxWait != null) {
      alarm.set(time.schedule(() -> work.timeOut(this), maxWait));
    }
  }

  // Each of these three is called once, for a put that was taken out of the line.

  void admitted(Executor executor) {
    end(null, executor);
  }

  void timedOut(int capacity, Executor executor) {
    var waited = Checks.notNull(maxWait, "maxWait");
    end(new QueueFullException(work.name(), capacity, waited), executor);
  }

  void refusedByClose(Executor executor) {
    end(closed(), executor);
  }

  /**
   * Blocks until it was accepted.
   *
   * @throws CancellationException if the thread was interrupted before, or the queue was closed
   */
  void await() {
    try {
      get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      if (leave()) {
        throw new CancellationException(work.name() + ": interrupted while waiting for room");
      }
      awaitUninterrupted();
    } catch (CancellationException e) { // of newer JDKs, with a message of their own
      throw closed();
    } catch (ExecutionException e) {
      throw refusal(e.getCause());
    }
  }

  // The caller has this future, and may end it in any of three ways.

  @Override
  public boolean complete(@Nullable Void value) {
    return leave() && super.complete(null);
  }

  @Override
  public boolean completeExceptionally(Throwable failure) {
    return leave() && super.completeExceptionally(failure);
  }

  @Override
  public boolean cancel(boolean mayInterruptIfRunning) {
    return leave() ? super.cancel(mayInterruptIfRunning) : isCancelled();
  }

  /** Takes it out of the line; returns whether it was still in it. */
  private boolean leave() {
    boolean left = work.leave(this);
    if (left) {
      alarm.stop();
    }
    return left;
  }

  private void awaitUninterrupted() {
    try {
      join();
    } catch (CancellationException e) {
      throw closed();
    } catch (CompletionException e) {
      throw refusal(e.getCause());
    }
  }

  private RuntimeException refusal(@Nullable Throwable failure) {
    return failure instanceof QueueFullException full
        ? full
        : new IllegalStateException(work.name() + ": waiting failed", failure);
  }

  private CancellationException closed() {
    return new CancellationException(work.name() + ": the queue was closed");
  }

  private void end(@Nullable Throwable failure, Executor executor) {
    alarm.stop();
    Runnable delivery = () -> {
      if (failure == null) {
        super.complete(null);
      } else {
        super.completeExceptionally(failure);
      }
    };
    if (isBlocking) {
      delivery.run(); // nobody else has this future, so no code of others runs here
      return;
    }
    try {
      executor.execute(delivery);
    } catch (RejectedExecutionException e) { // it was shut down: better here than never
      delivery.run();
    }
  }
}
