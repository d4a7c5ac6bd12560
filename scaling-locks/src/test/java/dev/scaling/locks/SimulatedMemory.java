package dev.scaling.locks;

import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The keys of a simulated server. */
final class SimulatedMemory {

  static final long UNKNOWN = -1;

  final Map<String, Lock> locks = new HashMap<>();
  final Map<String, Long> tombstones = new HashMap<>(); // by when they expire
  Standing node = new Standing("", 0, 0, 0, "");
  private final Map<String, Map<String, Waiting>> lines = new HashMap<>();
  private final Map<String, Long> lineExpiries = new HashMap<>();

  SimulatedMemory copy() {
    var copy = new SimulatedMemory();
    locks.forEach((key, lock) -> copy.locks.put(key, lock.copy()));
    lines.forEach((key, line) -> copy.lines.put(key, new HashMap<>(line)));
    copy.lineExpiries.putAll(lineExpiries);
    copy.tombstones.putAll(tombstones);
    copy.node = node;
    return copy;
  }

  void expire(long nowMillis) {
    locks.values().removeIf(lock -> lock.expires <= nowMillis);
    tombstones.values().removeIf(expires -> expires <= nowMillis);
    if (lineExpiries.values().removeIf(expires -> expires <= nowMillis)) {
      lines.keySet().retainAll(lineExpiries.keySet());
    }
  }

  /** Returns how many keys there are but the node's hash. */
  int keys() {
    return locks.size() + 2 * lines.size() + tombstones.size();
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
    line.put(
        id, new Waiting(ticket, waiting.alive, waiting.lease, waiting.listens, waiting.tokens));
    lineExpiries.put(key, expires);
    return ticket;
  }

  void leave(String key, String id) {
    var line = lines.get(key);
    if (line != null && line.remove(id) != null && line.isEmpty()) {
      lines.remove(key);
      lineExpiries.remove(key);
    }
  }

  /** The hash of a lock. */
  static final class Lock {

    String owner = "";
    long ends;
    long ticket;
    long counter = UNKNOWN;
    String released = "";
    long expires;

    private Lock copy() {
      var copy = new Lock();
      copy.owner = owner;
      copy.ends = ends;
      copy.ticket = ticket;
      copy.counter = counter;
      copy.released = released;
      copy.expires = expires;
      return copy;
    }
  }

  /** What is known of an attempt in a line. */
  record Waiting(long ticket, long alive, long lease, String listens, long tokens) {}

  /** The hash of the node. */
  record Standing(String run, long high, long base, long longest, String seen) {}
}
