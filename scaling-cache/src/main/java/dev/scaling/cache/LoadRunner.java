package dev.scaling.cache;

import dev.scaling.core.Time;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;

/** Runs the loader on the executor, for one key or many, no longer than the load timeout. */
final class LoadRunner<K, V> {

  private final String cache;
  private final Loader<K, V> loader;
  private final Executor executor;
  private final Time time;
  private final Duration timeout;

  LoadRunner(String cache, Loader<K, V> loader, Executor executor, Time time, Duration timeout) {
    this.cache = cache;
    this.loader = loader;
    this.executor = executor;
    this.time = time;
    this.timeout = timeout;
  }

  /** Returns the values that were found; fails with a {@link LoadFailedException}. */
  CompletableFuture<Map<K, V>> load(List<Flight<K, V>> flights) {
    var loaded = new CompletableFuture<Map<K, V>>();
    var task = new FutureTask<>(() -> run(flights, loaded), null);
    var timer = time.schedule(
        () -> {
          if (loaded.completeExceptionally(tooLate())) {
            task.cancel(/* mayInterruptIfRunning= */ true);
          }
        },
        timeout);
    loaded.whenComplete((values, failure) -> timer.cancel());
    try {
      executor.execute(task);
    } catch (Throwable e) { // an executor out of threads fails with an error
      task.cancel(/* mayInterruptIfRunning= */ false); // it may be in the queue all the same
      loaded.completeExceptionally(
          new LoadFailedException(cache, "the executor refused to run the loader", e));
    }
    return loaded;
  }

  private void run(List<Flight<K, V>> flights, CompletableFuture<Map<K, V>> loaded) {
    flights.forEach(Flight::enter);
    try {
      var values = flights.size() == 1 ? loadOne(flights.get(0).key()) : loadMany(flights);
      flights.forEach(Flight::exit);
      loaded.complete(values);
    } catch (Throwable e) { // an error must reach the callers too, who would wait for ever
      flights.forEach(Flight::exit);
      if (e instanceof InterruptedException) {
        Thread.currentThread().interrupt();
      }
      loaded.completeExceptionally(new LoadFailedException(
          cache, "the loader failed with " + e.getClass().getName(), e));
    }
  }

  private Map<K, V> loadOne(K key) throws Exception {
    V value = loader.load(key);
    return value == null ? Map.of() : Map.of(key, value);
  }

  private Map<K, V> loadMany(List<Flight<K, V>> flights) throws Exception {
    Map<K, Flight<K, V>> keys = new LinkedHashMap<>();
    flights.forEach(flight -> keys.put(flight.key(), flight));
    Map<K, V> values = loader.loadAll(keys.keySet());
    if (values == null) {
      throw new NullPointerException("loadAll returned null");
    }
    return new HashMap<>(values);
  }

  private LoadFailedException tooLate() {
    return new LoadFailedException(cache, "the loader took longer than " + timeout, null);
  }
}
