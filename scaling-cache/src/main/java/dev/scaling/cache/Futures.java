package dev.scaling.cache;

import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Waits for futures and hands them over, with failures as they were and not wrapped. */
final class Futures {

  private Futures() {}

  /**
   * Waits for a result.
   *
   * @throws CancellationException if the thread was interrupted; its flag is set again
   */
  static <T extends @Nullable Object> T await(String cache, CompletableFuture<T> future) {
    try {
      return future.get();
    } catch (InterruptedException e) {
      throw interrupted(cache);
    } catch (ExecutionException e) {
      throw unchecked(e);
    }
  }

  /**
   * Runs the steps of a read on this thread until its result is there.
   *
   * @param giveUp ends the future, if nothing else did in time
   */
  static <T extends @Nullable Object> T await(
      String cache,
      CallerRuns steps,
      CompletableFuture<T> future,
      Duration atMost,
      Runnable giveUp) {
    try {
      if (!steps.awaitEnd(future, atMost)) {
        giveUp.run();
      }
    } catch (InterruptedException e) {
      throw interrupted(cache);
    }
    return now(future);
  }

  /** Waits for a result, even if the thread is interrupted: somebody relies on what follows. */
  static <T extends @Nullable Object> T now(CompletableFuture<T> future) {
    try {
      return future.join();
    } catch (CompletionException e) {
      throw unchecked(e);
    }
  }

  /** Returns a future of the caller's own, which completes on the executor. */
  static <T extends @Nullable Object> CompletableFuture<T> handedOver(
      CompletableFuture<T> inner, Executor executor) {
    var own = new CompletableFuture<T>();
    inner.whenComplete((value, failure) -> {
      Runnable end = failure == null
          ? () -> own.complete(value)
          : () -> own.completeExceptionally(unwrapped(failure));
      try {
        executor.execute(end);
      } catch (Throwable e) {
        end.run(); // shut down, or out of threads; the caller must not wait for ever
      }
    });
    return own;
  }

  /**
   * Returns the future of what a function makes of a result. A failure stays as it is, where that
   * of {@code thenApply} comes wrapped, and who looks for its type would not find it.
   */
  static <T extends @Nullable Object, R extends @Nullable Object> CompletableFuture<R> mapped(
      CompletableFuture<T> inner, Function<? super T, ? extends R> function) {
    var mapped = new CompletableFuture<R>();
    inner.whenComplete((value, failure) -> {
      if (failure != null) {
        mapped.completeExceptionally(failure);
        return;
      }
      try {
        mapped.complete(function.apply(value));
      } catch (Throwable e) {
        mapped.completeExceptionally(e);
      }
    });
    return mapped;
  }

  /** Starts something on the executor; whatever is thrown on the way fails the future. */
  static <T extends @Nullable Object> CompletableFuture<T> started(
      String cache, Supplier<? extends CompletionStage<T>> start, Executor executor) {
    var ended = new CompletableFuture<T>();
    var begun = new AtomicBoolean();
    try {
      executor.execute(() -> {
        if (begun.compareAndSet(false, true)) {
          follow(cache, start, ended);
        }
      });
    } catch (Throwable e) { // it may be in the queue all the same, and must not begin after this
      if (begun.compareAndSet(false, true)) {
        ended.completeExceptionally(e);
      }
    }
    return ended;
  }

  /**
   * Starts something and ends a future with it. Asks nothing else of the stage: one that does not
   * turn into a {@code CompletableFuture} would seem to have failed while it goes on.
   */
  private static <T extends @Nullable Object> void follow(
      String cache, Supplier<? extends CompletionStage<T>> start, CompletableFuture<T> ended) {
    try {
      CompletionStage<T> stage = start.get();
      if (stage == null) {
        throw new NullPointerException(cache + ": write returned null instead of a stage");
      }
      stage.whenComplete((result, failure) -> {
        if (failure == null) {
          ended.complete(result);
        } else {
          ended.completeExceptionally(failure);
        }
      });
    } catch (Throwable e) {
      ended.completeExceptionally(e);
    }
  }

  static Throwable unwrapped(Throwable failure) {
    Throwable cause = failure;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }

  private static CancellationException interrupted(String cache) {
    Thread.currentThread().interrupt();
    return new CancellationException(cache + ": interrupted while waiting");
  }

  private static RuntimeException unchecked(Exception wrapped) {
    Throwable cause = unwrapped(wrapped instanceof ExecutionException ? causeOf(wrapped) : wrapped);
    if (cause instanceof Error error) {
      throw error;
    }
    return cause instanceof RuntimeException e ? e : new IllegalStateException(cause);
  }

  private static Throwable causeOf(Exception wrapped) {
    Throwable cause = wrapped.getCause();
    return cause == null ? wrapped : cause;
  }
}
