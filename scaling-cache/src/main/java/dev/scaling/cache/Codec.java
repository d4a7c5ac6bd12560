package dev.scaling.cache;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;

/**
 * Writes values as bytes and reads them back. The bytes that are read came over the network: a
 * codec must not let them choose a class.
 *
 * <p>Codecs are used by many threads at once. There is none for Java serialization, on purpose.
 */
public interface Codec<V> {

  /**
   * Returns a name for the form of the bytes. Values that were written under another name are not
   * read, but loaded again.
   */
  String id();

  /**
   * Returns a value's bytes.
   *
   * @throws RuntimeException if the value cannot be written; then it is served but not cached
   */
  byte[] encode(V value);

  /**
   * Returns the value that bytes stand for. The bytes are the caller's own copy.
   *
   * @throws RuntimeException if they stand for none; then it is loaded again
   */
  V decode(byte[] bytes);

  /** Returns a codec for strings, in UTF-8. */
  static Codec<String> strings() {
    return new Codec<>() {
      @Override
      public String id() {
        return "string";
      }

      @Override
      public byte[] encode(String value) {
        return value.getBytes(UTF_8);
      }

      @Override
      public String decode(byte[] bytes) {
        return new String(bytes, UTF_8);
      }
    };
  }

  /** Returns a codec for byte arrays as they are. The arrays must not be changed afterwards. */
  static Codec<byte[]> bytes() {
    return new Codec<>() {
      @Override
      public String id() {
        return "bytes";
      }

      @Override
      public byte[] encode(byte[] value) {
        return value;
      }

      @Override
      public byte[] decode(byte[] bytes) {
        return bytes;
      }
    };
  }

  /** Returns a codec for longs, in 8 bytes. */
  static Codec<Long> longs() {
    return new Codec<>() {
      @Override
      public String id() {
        return "long";
      }

      @Override
      public byte[] encode(Long value) {
        return ByteBuffer.allocate(Long.BYTES).putLong(value).array();
      }

      @Override
      public Long decode(byte[] bytes) {
        if (bytes.length != Long.BYTES) {
          throw new IllegalArgumentException("a long has 8 bytes: " + bytes.length);
        }
        return ByteBuffer.wrap(bytes).getLong();
      }
    };
  }
}
