package dev.scaling.resilience;

import dev.scaling.resilience.Resilience.Work;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** An attempt that blocks, on a thread of its own, so that another can race it. */
final class Running<V extends @Nullable Object> extends CompletableFuture<V> {

  private volatile @Nullable Interrupter interrupter;

  static <V extends @Nullable Object> Running<V> start(
      Resilience pipeline, Work<V> work, Attempt attempt) {
    var running = new Running<V>();
    pipeline.handover.deliver(() -> running.run(work, attempt));
    return running;
  }

  /** Interrupts the thread too, if it has begun; it does not begin any more. */
  @Override
  public boolean cancel(boolean mayInterruptIfRunning) {
    boolean isCancelled = super.cancel(mayInterruptIfRunning);
    var begun = interrupter;
    if (isCancelled && begun != null) {
      begun.interrupt();
    }
    return isCancelled;
  }

  private void run(Work<V> work, Attempt attempt) {
    var own = new Interrupter();
    interrupter = own;
    if (isDone()) {
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
