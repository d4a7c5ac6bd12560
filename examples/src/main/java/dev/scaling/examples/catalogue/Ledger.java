package dev.scaling.examples.catalogue;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** Which updates have returned, and when: what a later read must show. Safe for many threads. */
final class Ledger {

  /** How long after an update has returned a read may still show what was before it. */
  static final Duration BOUND = Duration.ofSeconds(1);

  private final Map<Long, List<Update>> updates = new ConcurrentHashMap<>();

  /** Notes that an update has returned just now. */
  void updated(long id, long version) {
    updates
        .computeIfAbsent(id, key -> new CopyOnWriteArrayList<>())
        .add(new Update(version, System.nanoTime()));
  }

  /**
   * Returns the least version that a read may show which began at the given time, or 0 if it may
   * show any.
   */
  long leastVersion(long id, long beganNanos) {
    long least = 0;
    for (Update update : updates.getOrDefault(id, List.of())) {
      if (beganNanos - update.returnedNanos > BOUND.toNanos()) {
        least = Math.max(least, update.version);
      }
    }
    return least;
  }

  Set<Long> ids() {
    return updates.keySet();
  }

  private record Update(long version, long returnedNanos) {}
}
