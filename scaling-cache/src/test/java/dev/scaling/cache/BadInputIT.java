package dev.scaling.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import dev.scaling.testkit.RedisExtension;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Wrong arguments get one clear message, and leave nothing behind. */
@Timeout(120)
@SuppressWarnings("NullAway") // nulls are the point
final class BadInputIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.single();

  @RegisterExtension
  final Instances instances = new Instances(servers);

  @TestFactory
  Stream<DynamicTest> nulls_areRefusedByName() {
    var cache = instances.cache();
    return Stream.of(
        refused("get", "key", () -> cache.get(null)),
        refused("getAsync", "key", () -> cache.getAsync(null)),
        refused("getAll", "keys", () -> cache.getAll(null)),
        refused("getAll of a null", "key", () -> cache.getAll(Arrays.asList("a", null))),
        refused("getAllAsync of a null", "key", () -> cache.getAllAsync(Arrays.asList("a", null))),
        refused("put", "key", () -> cache.put(null, "a")),
        refused("put of a null", "value", () -> cache.put("a", null)),
        refused("putAsync of a null", "value", () -> cache.putAsync("a", null)),
        refused("invalidate", "key", () -> cache.invalidate(null)),
        refused("invalidateAsync", "key", () -> cache.invalidateAsync(null)),
        refused("invalidateAll", "keys", () -> cache.invalidateAll(null)),
        refused(
            "invalidateAll of a null", "key", () -> cache.invalidateAll(Arrays.asList("a", null))),
        refused("update", "key", () -> cache.update(null, () -> 1)),
        refused("update by a null", "write", () -> cache.update("a", null)),
        refused("updateAsync by a null", "write", () -> cache.updateAsync("a", null)));
  }

  private DynamicTest refused(String name, String what, ThrowingCallable call) {
    return DynamicTest.dynamicTest(name, () -> {
      assertThatNullPointerException()
          .isThrownBy(call)
          .withMessage("things: " + what + " must not be null");
      assertThat(instances.cells()).isEmpty();
      assertThat(instances.loads).hasValue(0);
    });
  }

  @Test
  void aNullAmongTheKeys_losesNothing() {
    instances.source.put("a", "1");
    var cache = instances.cache();

    assertThatNullPointerException().isThrownBy(() -> cache.getAll(Arrays.asList("a", null)));

    assertThat(cache.getAll(List.of("a"))).isEqualTo(Map.of("a", "1"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"a}b", "{", "}", "{}", "with space", "grün 🌱 \u0000 \n", "a:b:c"})
  void strangeKeys_areKeysLikeAnyOther(String key) {
    instances.source.put(key, "1");
    var one = instances.cache();
    var two = instances.cache();

    assertThat(one.get(key)).isEqualTo("1");
    assertThat(two.get(key)).isEqualTo("1");
    assertThat(instances.loads).hasValue(1);
    instances.source.put(key, "2");
    one.invalidate(key);

    org.awaitility.Awaitility.await()
        .untilAsserted(() -> assertThat(two.get(key)).isEqualTo("2"));
    assertThat(one.getAll(List.of(key))).isEqualTo(Map.of(key, "2"));
  }

  @Test
  void longestKey_isTaken_andALongerOneIsNot() {
    var cache = instances.cache();

    assertThat(cache.get("ü".repeat(1_024))).isNull();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> cache.get("k".repeat(1_025)))
        .withMessage("things: a key's text must have 1 to 1024 characters: 1025");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> cache.invalidateAll(List.of("a", "")))
        .withMessage("things: a key's text must have 1 to 1024 characters: 0");
  }

  /** Half characters are all written as a question mark: two keys would have been one. */
  @ParameterizedTest
  @ValueSource(strings = {"\uD800", "\uDC00", "a\uD800b", "\uDC00\uD800"})
  void keysOfHalfCharacters_areRefused(String key) {
    instances.source.put("?", "the value of another key");
    var cache = instances.cache();
    cache.get("?");

    assertThatIllegalArgumentException()
        .isThrownBy(() -> cache.get(key))
        .withMessage("things: a key's text must not hold half a character");
  }

  @Test
  void keyCodecThatThrows_isSaidWithTheNameOfTheCache() {
    var keys = KeyCodec.<String>of(
        key -> {
          throw new IllegalStateException("no");
        },
        text -> text);
    var redis = instances.connected(servers.address());
    try (var cache =
        TieredCache.builder("things", redis, keys, Codec.strings()).build(key -> "a")) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> cache.getAll(List.of("a", "b")))
          .withMessage("things: a key could not be written as text")
          .withCauseInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void refusedKeyAmongOthers_leavesNobodyBehind() {
    instances.source.put("a", "1");
    var cache = instances.cache();

    assertThatIllegalArgumentException().isThrownBy(() -> cache.getAll(List.of("a", "")));

    assertThat(cache.get("a")).isEqualTo("1");
    assertThat(cache.toString()).contains("underWay=0");
  }

  @TestFactory
  Stream<DynamicTest> closedCache_refusesEverything() {
    var cache = instances.cache();
    long loads = cache.snapshot().loads();
    cache.close();
    cache.close();
    return Stream.<Map.Entry<String, ThrowingCallable>>of(
            Map.entry("get", () -> cache.get("a")),
            Map.entry("getAsync", () -> cache.getAsync("a")),
            Map.entry("getAll", () -> cache.getAll(List.of("a"))),
            Map.entry("getAll of none", () -> cache.getAll(List.of())),
            Map.entry("getAllAsync", () -> cache.getAllAsync(List.of("a"))),
            Map.entry("put", () -> cache.put("a", "b")),
            Map.entry("putAsync", () -> cache.putAsync("a", "b")),
            Map.entry("invalidate", () -> cache.invalidate("a")),
            Map.entry("invalidateAsync", () -> cache.invalidateAsync("a")),
            Map.entry("invalidateAll", () -> cache.invalidateAll(List.of("a"))),
            Map.entry("invalidateAllAsync", () -> cache.invalidateAllAsync(List.of("a"))),
            Map.entry("update", () -> cache.update("a", () -> 1)),
            Map.entry(
                "updateAsync", () -> cache.updateAsync("a", () -> new CompletableFuture<String>())))
        .map(call -> DynamicTest.dynamicTest(call.getKey(), () -> {
          assertThatIllegalStateException()
              .isThrownBy(call.getValue())
              .withMessage("things: the cache is closed");
          assertThat(cache.toString()).contains("closed");
          assertThat(cache.snapshot().loads()).isEqualTo(loads);
        }));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void weigherThatThrows_costsTheLocalTierAlone(boolean error) {
    instances.source.put("a", "1");
    var redis = instances.connected(servers.address());
    try (var cache = TieredCache.builder("things", redis, KeyCodec.strings(), Codec.strings())
        .local(local -> local.maximumWeight(10, (key, value) -> {
          if (error) {
            throw new StackOverflowError();
          }
          return -1;
        }))
        .build(instances.loader())) {

      org.awaitility.Awaitility.await().untilAsserted(() -> {
        assertThat(cache.get("a")).isEqualTo("1");
        assertThat(cache.snapshot().remoteHits()).isGreaterThan(2);
      });
    }
  }

  @Test
  void invalidationOfNothing_isDone() {
    var cache = instances.cache();

    cache.invalidateAll(List.of());

    assertThat(cache.invalidateAllAsync(List.of())).succeedsWithin(java.time.Duration.ofSeconds(5));
  }
}
