package dev.scaling.concurrency.internal;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/** How what a caller waited for reaches its own future, on a thread where its code may run. */
public final class Handover {

  private Handover() {}

  /**
   * Lets a caller's future follow an internal one, on the executor, or on the completing thread if
   * the executor is shut down or fails.
   *
   * @param unwanted takes back what came when the caller was gone
   */
  public static <T> void follow(
      CompletableFuture<T> from, CompletableFuture<T> to, Executor executor, Consumer<T> unwanted) {
    from.whenComplete((value, failure) -> {
      var delivered = new AtomicBoolean(); // an executor may run it, and fail then
      Runnable delivery = () -> {
        if (delivered.getAndSet(true)) {
          return;
        }
        if (failure != null) {
          to.completeExceptionally(failure);
        } else if (!to.complete(value)) {
          unwanted.accept(value);
        }
      };
      try {
        executor.execute(delivery);
      } catch (Throwable e) { // better here than never
        delivery.run();
      }
    });
  }
}
