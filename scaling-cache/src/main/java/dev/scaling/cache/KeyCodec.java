package dev.scaling.cache;

import java.util.UUID;
import java.util.function.Function;

/**
 * Writes keys as text, for Redis and for messages between instances, and reads them back.
 *
 * <p>Equal keys must have equal texts, different keys different ones, and {@code decode(encode(k))}
 * must equal {@code k}. A text has from 1 to 1,024 characters.
 */
public interface KeyCodec<K> {

  /** Returns the text of a key. */
  String encode(K key);

  /**
   * Returns the key with the given text.
   *
   * @throws RuntimeException if there is none; the text came from the network
   */
  K decode(String text);

  /** Returns a codec for strings as they are. */
  static KeyCodec<String> strings() {
    return of(Function.identity(), Function.identity());
  }

  /** Returns a codec for longs in decimal. */
  static KeyCodec<Long> longs() {
    return of(String::valueOf, Long::valueOf);
  }

  /** Returns a codec for integers in decimal. */
  static KeyCodec<Integer> integers() {
    return of(String::valueOf, Integer::valueOf);
  }

  /** Returns a codec for UUIDs in their usual form. */
  static KeyCodec<UUID> uuids() {
    return of(UUID::toString, UUID::fromString);
  }

  /** Returns a codec made of two functions. */
  static <K> KeyCodec<K> of(Function<K, String> encode, Function<String, K> decode) {
    return new KeyCodec<>() {
      @Override
      public String encode(K key) {
        return encode.apply(key);
      }

      @Override
      public K decode(String text) {
        return decode.apply(text);
      }
    };
  }
}
