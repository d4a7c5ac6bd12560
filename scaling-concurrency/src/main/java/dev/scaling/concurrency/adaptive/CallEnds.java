package dev.scaling.concurrency.adaptive;

import dev.scaling.core.internal.Checks;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Ends permits by what became of the work that they were for. */
final class CallEnds {

  private final Predicate<Throwable> overloadedWhen;

  CallEnds(Predicate<Throwable> overloadedWhen) {
    this.overloadedWhen = overloadedWhen;
  }

  /** Starts some work, and ends its permit and its future when its stage is done. */
  <V extends @Nullable Object> void start(
      AdaptivePermit permit,
      Supplier<? extends CompletionStage<V>> work,
      CompletableFuture<V> result) {
    try {
      var stage = Checks.notNull(work.get(), "the stage");
      stage.whenComplete((value, failure) -> {
        if (failure == null) {
          permit.success();
          result.complete(value);
        } else {
          failed(permit, unwrapped(failure));
          result.completeExceptionally(unwrapped(failure));
        }
      });
    } catch (Throwable e) { // an error must not keep the slot
      failed(permit, e);
      result.completeExceptionally(e);
    }
  }

  void failed(AdaptivePermit permit, Throwable failure) {
    try {
      if (overloadedWhen.test(failure)) {
        permit.overload();
      }
    } catch (Throwable e) { // an error of the predicate's must not hide the failure either
      if (e != failure) {
        failure.addSuppressed(e);
      }
    } finally {
      permit.close();
    }
  }

  private static Throwable unwrapped(Throwable failure) {
    boolean isWrapper =
        failure instanceof CompletionException || failure instanceof ExecutionException;
    return isWrapper && failure.getCause() != null ? failure.getCause() : failure;
  }
}
