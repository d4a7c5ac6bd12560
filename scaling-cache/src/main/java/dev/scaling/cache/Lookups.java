package dev.scaling.cache;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** Brings the callers of a key onto one flight, and starts those that nobody has started. */
final class Lookups<K, V> {

  /*
   * How long a read takes is bounded already: a wait for others of loadTimeout, a load of loadTimeout,
   * and a few calls to Redis. But its steps may be on an executor of the application, and one that
   * loses a step says nothing. So who blocks has a bound of its own, above that one, and ends the
   * flight for everybody: later callers start anew.
   */
  private static final int MOST_CALLS = 8;
  private static final Duration GRACE = Duration.ofSeconds(5);

  private final CacheParts<K, V> parts;
  private final @Nullable LocalTier<K, V> local;
  private final ReadThrough<K, V> reads;
  private final Duration atMost;

  Lookups(CacheParts<K, V> parts) {
    this.parts = parts;
    local = parts.local();
    reads = new ReadThrough<>(parts);
    atMost = parts
        .loadTimeout()
        .multipliedBy(2)
        .plus(parts.remote().timeout().multipliedBy(MOST_CALLS))
        .plus(GRACE);
  }

  /** Joins the flight of a key, or starts one whose steps run where the caller says. */
  Flight<K, V> fly(K key, Executor steps) {
    List<Flight<K, V>> started = new ArrayList<>(1);
    var flight = join(key, started);
    if (!started.isEmpty()) {
      reads.start(started, steps);
    }
    return flight;
  }

  private Flight<K, V> join(K key, List<Flight<K, V>> started) {
    var flight = parts.flights().find(key);
    if (flight != null) {
      return flight;
    }
    String text = parts.naming().text(key);
    var mine = new Flight<K, V>(
        key,
        text,
        parts.naming().cell(text),
        local == null ? 0 : local.epoch(key),
        parts.time().nanoTime());
    flight = parts.flights().start(mine);
    if (flight == mine) {
      started.add(mine);
    }
    return flight;
  }

  /** Returns for each key the future of its value: the local tier's, or that of a flight. */
  Map<K, CompletableFuture<@Nullable V>> fly(Collection<? extends K> keys, Executor steps) {
    Map<K, CompletableFuture<@Nullable V>> held = new LinkedHashMap<>();
    List<Flight<K, V>> started = new ArrayList<>();
    try {
      for (K key : keys) {
        if (!held.containsKey(key)) {
          Object entry = local == null ? null : local.get(key);
          held.put(
              key,
              entry == null || local == null
                  ? join(key, started)
                  : CompletableFuture.completedFuture(local.value(entry)));
        }
      }
    } finally { // also if a key was refused: others may have joined the flights by now
      if (!started.isEmpty()) {
        reads.start(started, steps);
      }
    }
    return held;
  }

  /** Waits for the value of a flight, and runs steps meanwhile. */
  @Nullable
  V await(Flight<K, V> flight, CallerRuns steps) {
    return Futures.await(
        parts.name(), steps, flight, atMost, () -> parts.flights().crash(flight, neverEnded()));
  }

  /** Waits for values, and runs steps meanwhile. */
  Map<K, V> await(Map<K, CompletableFuture<@Nullable V>> held, CallerRuns steps) {
    Futures.await(
        parts.name(),
        steps,
        allOf(held),
        atMost,
        () -> held.forEach((key, value) -> parts.flights().crash(key, value, neverEnded())));
    return found(held);
  }

  private LoadFailedException neverEnded() {
    return new LoadFailedException(
        parts.name(),
        "the read did not end within " + atMost + "; its executor may have lost a step",
        null);
  }

  /** Returns when every one of the values is there, or has failed. */
  static CompletableFuture<Void> allOf(Map<?, ? extends CompletableFuture<?>> held) {
    return CompletableFuture.allOf(held.values().toArray(CompletableFuture<?>[]::new));
  }

  /** Returns the values of keys that have one, in the order of the keys. */
  static <K, V> Map<K, V> found(Map<K, CompletableFuture<@Nullable V>> held) {
    Map<K, V> found = new LinkedHashMap<>();
    held.forEach((key, future) -> {
      V value = future.join();
      if (value != null) {
        found.put(key, value);
      }
    });
    return found;
  }
}
