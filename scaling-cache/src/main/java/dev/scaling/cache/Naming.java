package dev.scaling.cache;

import dev.scaling.core.internal.Checks;

/** The names of a cache's cells and of its channel, and the checks of keys. */
final class Naming<K> {

  private static final int MAXIMUM_KEY_CHARS = 1_024;

  private final String cache;
  private final String cellPrefix;
  private final String channel;
  private final KeyCodec<K> keys;

  Naming(String cache, String prefix, KeyCodec<K> keys) {
    this.cache = cache;
    this.keys = keys;
    // The version of the format stands in the names, so that two of them can live side by side. The
    // braces make the key alone decide the slot: the cache's name would pin all of it to one.
    cellPrefix = prefix + ":" + cache + ":e:1:{";
    channel = prefix + ":" + cache + ":i:1";
  }

  String channel() {
    return channel;
  }

  /** Returns a key's text, as it stands in messages. */
  @SuppressWarnings("ReturnValueIgnored") // called for what it may throw
  String text(K key) {
    key.hashCode(); // every call comes by here before it sends anything, and needs it after the
    // reply
    String text;
    try {
      text = keys.encode(key);
    } catch (RuntimeException e) {
      throw new IllegalArgumentException(cache + ": a key could not be written as text", e);
    }
    if (text == null || text.isEmpty() || text.length() > MAXIMUM_KEY_CHARS) {
      throw new IllegalArgumentException(cache
          + ": a key's text must have 1 to "
          + MAXIMUM_KEY_CHARS
          + " characters: "
          + (text == null ? "null" : text.length()));
    }
    if (Checks.hasLoneSurrogate(text)) { // all of those are written as '?', and would be one key
      throw new IllegalArgumentException(cache + ": a key's text must not hold half a character");
    }
    return text;
  }

  String cell(String text) {
    return cellPrefix + text + "}";
  }

  K key(String text) {
    return Checks.notNull(keys.decode(text), "key");
  }
}
