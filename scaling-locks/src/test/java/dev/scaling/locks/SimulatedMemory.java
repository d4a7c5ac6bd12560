package dev.scaling.locks;

import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The keys of a simulated server. */
final class SimulatedMemory {

  static final long UNKNOWN = -1;
  static final String READERS = "readers";

  final Map<String, Lock> locks = new HashMap<>();
  final Map<String, Map<String, Long>> readers = new HashMap<>(); // until when each has the lock
  final Map<String, Long> tombstones = new HashMap<>(); // by when they expire
  Standing node = new Standing("", 0, 0, 0, "");
  private final Map<String, Map<String, Waiting>> lines = new HashMap<>();
  private final Map<String, Long> expiries = new HashMap<>(); // of lines and readers

  SimulatedMemory copy() {
    var copy = new SimulatedMemory();
    locks.forEach((key, lock) -> copy.locks.put(key, lock.copy()));
    readers.forEach((key, all) -> copy.readers.put(key, new HashMap<>(all)));
    lines.forEach((key, line) -> copy.lines.put(key, new HashMap<>(line)));
    copy.expiries.putAll(expiries);
    copy.tombstones.putAll(tombstones);
    copy.node = node;
    return copy;
  }

  void expire(long nowMillis) {
    locks.values().removeIf(lock -> lock.expires <= nowMillis);
    tombstones.values().removeIf(expires -> expires <= nowMillis);
    if (expiries.values().removeIf(expires -> expires <= nowMillis)) {
      lines.keySet().retainAll(expiries.keySet());
      readers.keySet().retainAll(expiries.keySet());
    }
  }

  /** Returns how many keys there are but the node's hash. */
  int keys() {
    return locks.size() + readers.size() + 2 * lines.size() + tombstones.size();
  }

  /** Returns until when a reader has a lock, or {@code null} if it does not. */
  @Nullable
  Long reads(String key, String id) {
    return readers.getOrDefault(key, Map.of()).get(id);
  }

  void enter(String key, String id, long ends, long expires) {
    readers.computeIfAbsent(key, same -> new HashMap<>()).put(id, ends);
    expiries.put(key, expires);
  }

  /** Returns whether a reader was there to leave. */
  boolean exit(String key, String id) {
    boolean wasThere = readers.getOrDefault(key, new HashMap<>()).remove(id) != null;
    forgetEmpty(key);
    return wasThere;
  }

  /** Returns until when the last of the readers has a lock. */
  long readersUntil(String key) {
    return readers.getOrDefault(key, Map.of()).values().stream()
        .mapToLong(ends -> ends)
        .max()
        .orElse(0);
  }

  /** Returns the reader that has a lock for the longest, or nothing. */
  String lastReader(String key) {
    return readers.getOrDefault(key, Map.of()).entrySet().stream()
        .max(Map.Entry.<String, Long>comparingByValue().thenComparing(Map.Entry::getKey))
        .map(Map.Entry::getKey)
        .orElse("");
  }

  void exitAll(String key) {
    readers.remove(key);
    expiries.remove(key);
  }

  /** Forgets the readers whose leases have ended. */
  void bury(String key, long now) {
    readers.getOrDefault(key, new HashMap<>()).values().removeIf(ends -> ends <= now);
  }

  private void forgetEmpty(String key) {
    if (readers.getOrDefault(key, Map.of()).isEmpty()) {
      exitAll(key);
    }
  }

  boolean waits(String key) {
    return lines.containsKey(key);
  }

  @Nullable
  String first(String key) {
    return lines.getOrDefault(key, Map.of()).entrySet().stream()
        .min(Comparator.<Map.Entry<String, Waiting>>comparingLong(
                each -> each.getValue().ticket())
            .thenComparing(Map.Entry::getKey))
        .map(Map.Entry::getKey)
        .orElse(null);
  }

  Waiting waiting(String key, String id) {
    return lines.get(key).get(id);
  }

  /** Returns the place in the line: the one it had, if it stood there. */
  long enqueue(String key, String id, Waiting waiting, long expires) {
    var line = lines.computeIfAbsent(key, same -> new HashMap<>());
    var known = line.get(id);
    long ticket = known == null ? waiting.ticket : known.ticket;
    line.put(id, waiting.at(ticket));
    expiries.put(key, expires);
    return ticket;
  }

  void leave(String key, String id) {
    var line = lines.get(key);
    if (line != null && line.remove(id) != null && line.isEmpty()) {
      lines.remove(key);
      expiries.remove(key);
    }
  }

  /** The hash of a lock. */
  static final class Lock {

    String owner = "";
    long ends;
    long ticket;
    long counter = UNKNOWN;
    String released = "";
    String before = ""; // the readers; a real one does not remember it
    long expires;

    private Lock copy() {
      var copy = new Lock();
      copy.owner = owner;
      copy.ends = ends;
      copy.ticket = ticket;
      copy.counter = counter;
      copy.released = released;
      copy.before = before;
      copy.expires = expires;
      return copy;
    }
  }

  /** What is known of an attempt in a line. */
  record Waiting(long ticket, long alive, long lease, String listens, boolean reads, long tokens) {

    private Waiting at(long ticket) {
      return new Waiting(ticket, alive, lease, listens, reads, tokens);
    }
  }

  /** The hash of the node. */
  record Standing(String run, long high, long base, long longest, String seen) {}
}
