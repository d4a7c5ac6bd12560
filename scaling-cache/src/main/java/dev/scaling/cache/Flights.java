package dev.scaling.cache;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Collapses the reads of one key in this process: one flight, however many callers. */
final class Flights<K, V> {

  private final String cache;
  private final ConcurrentHashMap<K, Flight<K, V>> flights = new ConcurrentHashMap<>();

  Flights(String cache) {
    this.cache = cache;
  }

  /**
   * Returns the flight under way that a caller may follow, if there is one.
   *
   * @throws IllegalStateException if the caller is that flight's own loader, which would wait for
   *     itself
   */
  @Nullable
  Flight<K, V> find(K key) {
    var flight = flights.get(key);
    return flight == null ? null : followed(flight);
  }

  /** Starts a flight, or returns the one that another caller started meanwhile. */
  Flight<K, V> start(Flight<K, V> mine) {
    var other = flights.putIfAbsent(mine.key, mine);
    return other == null ? mine : followed(other);
  }

  /** Lets later callers of the key start anew: what is under way may have read an old value. */
  void forget(K key) {
    flights.remove(key);
  }

  void forgetAll() {
    flights.clear();
  }

  /** Ends a flight. It leaves before its callers do, so that none of them meets it again. */
  void land(Flight<K, V> flight, @Nullable V value) {
    leave(flight);
    flight.result.complete(value);
  }

  void crash(Flight<K, V> flight, Throwable failure) {
    leave(flight);
    flight.result.completeExceptionally(failure);
  }

  /** Crashes the flight that a caller of a key follows, whatever has become of it. */
  void crash(K key, CompletableFuture<?> followed, Throwable failure) {
    var flight = flights.get(key);
    if (flight != null && flight.result == followed) {
      leave(flight);
    }
    followed.completeExceptionally(failure);
  }

  int size() {
    return flights.size();
  }

  private void leave(Flight<K, V> flight) {
    try {
      flights.remove(flight.key, flight);
    } catch (Throwable e) { // of the key's hashCode or equals; its callers must not hang for that
      flights.clear();
    }
  }

  private Flight<K, V> followed(Flight<K, V> flight) {
    if (flight.loader == Thread.currentThread()) {
      throw new IllegalStateException(cache
          + ": the loader of a key asked the cache for the same key, and would wait for itself");
    }
    return flight;
  }
}
