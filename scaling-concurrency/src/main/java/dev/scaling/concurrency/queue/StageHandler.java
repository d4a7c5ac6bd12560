package dev.scaling.concurrency.queue;

import dev.scaling.core.internal.Checks;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/** A handler of either kind. */
@FunctionalInterface
interface StageHandler<T> {

  /** Begins to handle an item, and returns what is done once it was handled. */
  CompletionStage<?> handle(T item) throws Exception;

  static <T> StageHandler<T> ofBlocking(Handler<? super T> handler) {
    Checks.notNull(handler, "handler");
    CompletionStage<?> done = CompletableFuture.completedFuture(true);
    return item -> {
      handler.handle(item);
      return done;
    };
  }

  static <T> StageHandler<T> ofStages(Function<? super T, ? extends CompletionStage<?>> handler) {
    Checks.notNull(handler, "handler");
    return item -> Checks.notNull(handler.apply(item), "the handler returned null");
  }
}
