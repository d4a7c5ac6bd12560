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

  /** Drops what this process keeps or is about to keep of a key. */
  void forget(K key) {
    if (local != null) {
      local.invalidate(key);
    }
    flights.forget(key);
  }

  /** Drops all that this process keeps or is about to keep. */
  void forgetAll() {
    if (local != null) {
      local.clear();
    }
    flights.forgetAll();
  }
}
