package dev.scaling.resilience;

import dev.scaling.resilience.Resilience.Work;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/** An attempt that blocks, on a thread of its own, so that another can race it. */
final class Running<V extends @Nullable Object> extends CompletableFuture<V> {

  private volatile @Nullable Interrupter interrupter;

  static <V extends @Nullable Object> Running<V> start(
      Resilience pipeline, Work<V> work, Attempt attempt) {
    var running = new Running<V>();
    if (!pipeline.handover.tryDeliver(() -> running.run(work, attempt))) {
      throw new RejectedExecutionException(pipeline.name + ": the executor refuses an attempt");
    }
    return running;
  }

  /** Interrupts the thread too, if it has begun; it does not begin any more. */
  @Override
  public boolean cancel(boolean mayInterruptIfRunning) {
    boolean isCancelled = super.cancel(mayInterruptIfRunning);
    if (isCancelled) {
      interrupt();
    }
    return isCancelled;
  }

  /** Waits for a call of attempts that block; who is interrupted meanwhile cancels it. */
  static <V extends @Nullable Object> V await(String pipeline, CompletableFuture<V> call)
      throws Exception {
    try {
      return call.get();
    } catch (InterruptedException e) {
      call.cancel(/* mayInterruptIfRunning= */ true);
      Thread.currentThread().interrupt();
      throw new CancellationException(pipeline + ": interrupted during a call");
    } catch (ExecutionException e) {
      throw SyncCall.thrown(e.getCause() == null ? e : e.getCause());
    }
  }

  void interrupt() {
    var begun = interrupter;
    if (begun != null) {
      begun.interrupt();
    }
  }

  private void run(Work<V> work, Attempt attempt) {
    var own = new Interrupter();
    interrupter = own;
    if (isDone()) { // or else the interrupt would be somebody else's
      own.end();
      return;
    }
    try {
      V value = work.run(attempt);
      own.end();
      complete(value);
    } catch (Throwable e) {
      own.end();
      completeExceptionally(e);
    }
  }
}
