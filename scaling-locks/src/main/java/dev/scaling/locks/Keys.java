package dev.scaling.locks;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;

/**
 * The names of a service's keys and channels on each node. All have the service's hash tag, since a
 * lock changes together with what the node knows of itself.
 */
record Keys(String prefix, String tag) {

  static Keys of(String prefix, String service) {
    return new Keys(prefix + ":" + service, ":1:{" + service + "}");
  }

  String node() {
    return prefix + ":n" + tag;
  }

  String lock(String name) {
    return prefix + ":l" + tag + ":" + name;
  }

  /** Returns the keys of a script that may grant a lock. */
  List<String> all(String name, String attempt) {
    return List.of(
        node(),
        lock(name),
        prefix + ":q" + tag + ":" + name,
        prefix + ":w" + tag + ":" + name,
        prefix + ":d" + tag + ":" + attempt,
        readers(name));
  }

  String readers(String name) {
    return prefix + ":r" + tag + ":" + name;
  }

  /** Returns what the channel of each instance begins with. */
  String channels() {
    return prefix + ":i" + tag + ":";
  }

  byte[] channelBytes() {
    return channels().getBytes(UTF_8);
  }
}
