package dev.scaling.cache;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads values from the source, such as a database. It must read what the last committed write
 * left: a lagging replica would let the cache keep an old value.
 *
 * <p>Runs on the cache's executor, never on a caller's thread, and is interrupted when it takes
 * longer than the cache's {@code loadTimeout}.
 */
@FunctionalInterface
public interface Loader<K, V> {

  /**
   * Reads one value.
   *
   * @return {@code null} if the source has none, which the cache remembers for its
   *     {@code negativeTtl}
   * @throws Exception for any reason; callers get a {@link LoadFailedException} with it as the
   *     cause
   */
  @Nullable
  V load(K key) throws Exception;

  /**
   * Reads many values at once, within one {@code loadTimeout} for all. By default it reads one
   * after the other; {@link #of} takes something better.
   *
   * @return the values found; a key that is missing has none, other keys are ignored
   * @throws Exception for any reason; then the load of every one of the keys has failed
   */
  default Map<K, V> loadAll(Set<? extends K> keys) throws Exception {
    Map<K, V> loaded = new HashMap<>();
    for (K key : keys) {
      V value = load(key);
      if (value != null) {
        loaded.put(key, value);
      }
    }
    return loaded;
  }

  /** Returns a loader that reads single values by one function and many by another. */
  static <K, V> Loader<K, V> of(Loader<K, V> single, BulkLoader<K, V> bulk) {
    return new Loader<>() {
      @Override
      public @Nullable V load(K key) throws Exception {
        return single.load(key);
      }

      @Override
      public Map<K, V> loadAll(Set<? extends K> keys) throws Exception {
        return bulk.loadAll(keys);
      }
    };
  }

  /** Reads many values at once. */
  @FunctionalInterface
  interface BulkLoader<K, V> {

    /** Reads as {@link Loader#loadAll} does. */
    Map<K, V> loadAll(Set<? extends K> keys) throws Exception;
  }
}
