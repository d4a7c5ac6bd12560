package dev.scaling.cache;

import java.util.function.Function;

/** Codecs that an application should not have written. */
final class BadCodecs {

  private BadCodecs() {}

  /** Returns a codec made of two functions. */
  static Codec<String> of(Function<String, byte[]> encode, Function<byte[], String> decode) {
    return new Codec<>() {
      @Override
      public String id() {
        return "bad";
      }

      @Override
      public byte[] encode(String value) {
        return encode.apply(value);
      }

      @Override
      public String decode(byte[] bytes) {
        return decode.apply(bytes);
      }
    };
  }

  /** Returns what no codec may return. */
  @SuppressWarnings({"NullAway", "TypeParameterUnusedInFormals"}) // on purpose
  static <T> T none(Object any) {
    return null;
  }
}
