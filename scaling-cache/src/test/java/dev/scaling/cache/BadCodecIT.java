package dev.scaling.cache;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.scaling.testkit.RedisExtension;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Values that cannot be stored are served; codecs that fail cost the cache its use, no more. */
@Timeout(120)
final class BadCodecIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.single();

  @RegisterExtension
  final Instances instances = new Instances(servers);

  @Test
  void valueThatIsTooLarge_isServedAndNotCached() {
    instances.source.put("a", "x".repeat(101));
    var cache = instances.cache(b -> b.maximumValueBytes(100));

    assertThat(cache.get("a")).hasSize(101);
    assertThat(cache.get("a")).hasSize(101);

    assertThat(instances.loads).hasValue(2);
    assertThat(instances.cells()).isEmpty();
  }

  @Test
  void putOfAValueThatIsTooLarge_isRefused_andDropsTheKey() {
    instances.source.put("a", "1");
    var cache = instances.cache(b -> b.maximumValueBytes(100));
    cache.get("a");

    assertThatIllegalArgumentException()
        .isThrownBy(() -> cache.put("a", "x".repeat(101)))
        .withMessage(
            "things: value cannot be stored: value has 101 bytes, maximumValueBytes is 100");

    assertThat(instances.cells()).isEmpty();
    assertThat(cache.snapshot().localEntries()).isEqualTo(1); // the probe
  }

  @ParameterizedTest
  @ValueSource(classes = {IllegalStateException.class, StackOverflowError.class})
  void codecThatFailsToEncode_isServedAndNotCached_andRefusedByPut(
      Class<? extends Throwable> type) {
    Codec<String> codec = BadCodecs.of(
        text -> {
          BadCodecIT.<RuntimeException>raise(instanceOf(type));
          return new byte[0];
        },
        bytes -> "");
    withCodec(codec, cache -> {
      instances.source.put("a", "1");

      assertThat(cache.get("a")).isEqualTo("1");
      assertThat(instances.cells()).isEmpty();
      assertThatIllegalArgumentException()
          .isThrownBy(() -> cache.put("a", "1"))
          .withMessage("things: value cannot be stored: the codec failed with " + type.getName());
    });
  }

  @Test
  void codecThatEncodesToNull_isServedAndNotCached() {
    withCodec(BadCodecs.of(BadCodecs::none, bytes -> ""), cache -> {
      instances.source.put("a", "1");

      assertThat(cache.get("a")).isEqualTo("1");
      assertThat(instances.cells()).isEmpty();
    });
  }

  @Test
  void codecThatFailsToDecode_isAMissEachTime() {
    withCodec(BadCodecs.of(text -> new byte[1], BadCodecs::none), cache -> {
      instances.source.put("a", "1");

      assertThat(cache.get("a")).isEqualTo("1");
      assertThat(cache.get("a")).isEqualTo("1");
      assertThat(cache.snapshot().unreadable()).isPositive();
    });
  }

  @ParameterizedTest
  @ValueSource(classes = {AssertionError.class, OutOfMemoryError.class, InternalError.class})
  void codecThatFailsToDecodeWithAnError_isAMiss(Class<? extends Error> type) {
    Codec<String> codec = BadCodecs.of(text -> text.getBytes(UTF_8), bytes -> {
      String text = new String(bytes, UTF_8);
      if (text.equals("bad")) {
        BadCodecIT.<RuntimeException>raise(instanceOf(type));
      }
      return text;
    });
    withCodec(codec, cache -> {
      instances.source.put("a", "good");
      cache.put("a", "bad");

      assertThat(cache.getAll(List.of("a", "b"))).isEqualTo(Map.of("a", "good"));
      assertThat(cache.get("a")).isEqualTo("good");
    });
  }

  private void withCodec(Codec<String> codec, Consumer<TieredCache<String, String>> test) {
    var redis = instances.connected(servers.address());
    try (var cache = TieredCache.builder("things", redis, KeyCodec.strings(), codec)
        .withoutLocal()
        .build(instances.loader())) {
      test.accept(cache);
    }
  }

  private static Throwable instanceOf(Class<? extends Throwable> type) {
    try {
      return type.getConstructor().newInstance();
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("the class has such a constructor", e);
    }
  }

  @SuppressWarnings("unchecked") // past the compiler, on purpose
  private static <X extends Throwable> void raise(Throwable failure) throws X {
    throw (X) failure;
  }
}
