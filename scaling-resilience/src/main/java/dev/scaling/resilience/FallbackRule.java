package dev.scaling.resilience;

import dev.scaling.resilience.Resilience.Fallback;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * After which failures a call returns what its fallback gives.
 *
 * @param chosen the failures that the user has chosen
 * @param fallbacks counts those that gave something
 */
record FallbackRule(Predicate<Throwable> chosen, LongAdder fallbacks) {

  /** Returns what the fallback gives, or throws the failure. */
  <V extends @Nullable Object> V after(Throwable failure, Fallback<V> fallback) throws Exception {
    try {
      if (isFor(failure)) {
        V value = fallback.instead(failure);
        fallbacks.increment();
        return value;
      }
    } catch (Exception e) { // the failure is what the caller must hear of
      if (e instanceof InterruptedException) {
        Thread.currentThread().interrupt();
      }
      CallState.hang(e, failure);
    }
    throw SyncCall.thrown(failure);
  }

  private boolean isFor(Throwable failure) {
    return !(failure instanceof Error)
        && !(failure instanceof CancellationException)
        && !(failure instanceof InterruptedException)
        && chosen.test(failure);
  }
}
