package dev.scaling.concurrency.internal;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Collapses the callers of a key in this process: one flight, however many callers.
 *
 * <p>A flight is removed before it completes, so nobody who was served meets it again.
 */
public final class Flights<K, V, F extends AbstractFlight<K, V>> {

  private final String recursion;
  private final ConcurrentHashMap<K, F> flights = new ConcurrentHashMap<>();

  /**
   * Creates it without a flight.
   *
   * @param recursion says what went wrong when an execution asks for its own key
   */
  public Flights(String recursion) {
    this.recursion = recursion;
  }

  /**
   * Returns the flight under way that a caller may follow, if there is one.
   *
   * @throws IllegalStateException if the caller is inside that flight's own execution, which would
   *     wait for itself
   */
  public @Nullable F find(K key) {
    var flight = flights.get(key);
    return flight == null ? null : followed(flight);
  }

  /** Starts a flight, or returns the one that another caller started before. */
  public F start(F mine) {
    var other = flights.putIfAbsent(mine.key(), mine);
    return other == null ? mine : followed(other);
  }

  /** Lets later callers of the key start anew: what is under way may have read an old value. */
  public void forget(K key) {
    flights.remove(key);
  }

  /** Lets all later callers start anew. */
  public void forgetAll() {
    flights.clear();
  }

  /** Lets later callers start anew, if the flight is still the one that they would find. */
  public void remove(F flight) {
    try {
      flights.remove(flight.key(), flight);
    } catch (Throwable e) { // of the key's hashCode or equals; its callers must not hang for that
      flights.clear();
    }
  }

  /**
   * Ends a flight. It leaves before its callers do, so that none of them meets it again.
   *
   * @return whether it had not ended before
   */
  public boolean land(F flight, @Nullable V value) {
    remove(flight);
    return flight.complete(value);
  }

  /** Ends a flight as {@link #land} does, by a failure. */
  public boolean crash(F flight, Throwable failure) {
    remove(flight);
    return flight.completeExceptionally(failure);
  }

  /** Crashes the flight that a caller of a key follows, whatever has become of it. */
  public void crash(K key, CompletableFuture<?> followed, Throwable failure) {
    var flight = flights.get(key);
    if (flight != null && (Object) flight == followed) {
      remove(flight);
    }
    followed.completeExceptionally(failure);
  }

  /** Returns how many flights a caller may find. */
  public int size() {
    return flights.size();
  }

  private F followed(F flight) {
    if (flight.isExecutedByCaller()) {
      throw new IllegalStateException(recursion);
    }
    return flight;
  }
}
