package dev.scaling.locks;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The names of a service's keys and channels on each node. All have the service's hash tag, since a
 * lock changes together with what the node knows of itself.
 */
final class Keys {

  private final String node;
  private final String locks;
  private final String lines;
  private final String waiting;
  private final String readers;
  private final String tombstones;

  private Keys(String prefix, String tag) {
    node = prefix + ":n" + tag;
    locks = prefix + ":l" + tag + ":";
    lines = prefix + ":q" + tag + ":";
    waiting = prefix + ":w" + tag + ":";
    readers = prefix + ":r" + tag + ":";
    tombstones = prefix + ":d" + tag + ":";
  }

  static Keys of(String prefix, String service) {
    return new Keys(prefix + ":" + service, ":1:{" + service + "}");
  }

  /** Returns the keys of a script that may grant a lock. */
  List<String> all(String name) {
    return List.of(node, lock(name), lines + name, waiting + name, readers(name));
  }

  /** Returns the keys of a script that may grant a lock, unless that attempt was given up. */
  List<String> all(String name, String attempt) {
    return List.of(
        node, lock(name), lines + name, waiting + name, readers(name), tombstones + attempt);
  }

  String node() {
    return node;
  }

  String lock(String name) {
    return locks + name;
  }

  /** Returns the name of the lock with a key, or {@code null} if it is no lock's. */
  @Nullable
  String name(String lock) {
    return lock.startsWith(locks) ? lock.substring(locks.length()) : null;
  }

  String readers(String name) {
    return readers + name;
  }

  /** Returns the channel of an instance. */
  String channel(String instance) {
    return node + ":" + instance;
  }
}
