package dev.scaling.cache;

import dev.scaling.concurrency.internal.Flights;
import dev.scaling.core.Time;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What the rooms of one cache share. */
record CacheParts<K, V>(
    String name,
    Naming<K> naming,
    Envelope<V> envelope,
    @Nullable LocalTier<K, V> local,
    RemoteTier remote,
    RemoteGate gate,
    Flights<K, V, Flight<K, V>> flights,
    Waiters waiters,
    LoadRunner<K, V> loads,
    Expiration expiration,
    Counters counters,
    CacheLog log,
    Time time,
    Duration lease,
    Duration loadTimeout,
    boolean cachesNegatives) {

  /** Drops what this process keeps or is about to keep of a key, and never throws. */
  void forget(K key) {
    try {
      if (local != null) {
        local.invalidate(key);
      }
      flights.forget(key);
    } catch (Throwable e) {
      // Of the key's hashCode or equals; who waits has to be told all the same.
      log.warn("a key cannot be looked up, everything is dropped", e);
      forgetAllOrLog();
    }
  }

  private void forgetAllOrLog() {
    try {
      forgetAll();
    } catch (Throwable e) {
      log.warn("the local tier holds a key that cannot be looked up", e);
    }
  }

  /** Drops all that this process keeps or is about to keep. */
  void forgetAll() {
    try {
      if (local != null) {
        local.clear();
      }
    } finally {
      flights.forgetAll();
    }
  }
}
