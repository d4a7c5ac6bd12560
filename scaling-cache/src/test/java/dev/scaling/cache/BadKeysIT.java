package dev.scaling.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

import dev.scaling.testkit.RedisExtension;
import java.util.AbstractList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Keys, codecs of keys and collections of keys that run code which fails: nobody hangs. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD) // join hears no interrupt
final class BadKeysIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.single();

  @RegisterExtension
  final Instances instances = new Instances(servers);

  private final AtomicBoolean broken = new AtomicBoolean();

  /** As one that is loaded when it is first asked, and no longer can be. */
  private final class Key {

    private final String text;

    Key(String text) {
      this.text = text;
    }

    @Override
    public int hashCode() {
      if (broken.get()) {
        throw new IllegalStateException("not loaded");
      }
      return text.hashCode();
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Key key && key.text.equals(text);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "get",
        "getAsync",
        "getAll",
        "getAllAsync",
        "put",
        "putAsync",
        "invalidate",
        "invalidateAsync",
        "update",
        "updateAsync"
      })
  void keyWhoseHashCodeThrows_isRefusedByEveryCall_beforeAnythingIsSent(String call) {
    var cache = cacheOfKeys();
    broken.set(true);

    assertThatIllegalStateException()
        .isThrownBy(() -> call(cache, call, new Key("a")))
        .withMessage("not loaded");

    assertThat(instances.cells()).isEmpty();
  }

  private static void call(TieredCache<Key, String> cache, String call, Key key) throws Exception {
    switch (call) {
      case "get" -> cache.get(key);
      case "getAsync" -> cache.getAsync(key).get(30, TimeUnit.SECONDS);
      case "getAll" -> cache.getAll(List.of(key));
      case "getAllAsync" -> cache.getAllAsync(List.of(key)).get(30, TimeUnit.SECONDS);
      case "put" -> cache.put(key, "1");
      case "putAsync" -> cache.putAsync(key, "1").get(30, TimeUnit.SECONDS);
      case "invalidate" -> cache.invalidate(key);
      case "invalidateAsync" -> cache.invalidateAsync(key).get(30, TimeUnit.SECONDS);
      case "update" -> cache.update(key, () -> 1);
      case "updateAsync" ->
        cache
            .updateAsync(key, () -> CompletableFuture.completedFuture(1))
            .get(30, TimeUnit.SECONDS);
      default -> throw new IllegalArgumentException(call);
    }
  }

  @Test
  void keyWhoseHashCodeThrowsFromTheWriteOn_isWrittenAndDropped() {
    var cache = cacheOfKeys();
    var key = new Key("a");
    assertThat(cache.get(key)).isEqualTo("loaded");

    var written = cache.update(key, () -> broken.getAndSet(true));

    assertThat(written.fenced()).isTrue();
    assertThat(instances.cells()).isEmpty();
    broken.set(false);
    assertThat(cache.get(new Key("b"))).isEqualTo("loaded");
  }

  @Test
  void keyCodecThatFailsWithAnError_losesNoInvalidation() {
    var keys = KeyCodec.<String>of(key -> key, text -> {
      if (text.equals("bad")) {
        throw new StackOverflowError();
      }
      return text;
    });
    var redis = instances.connected(servers.address());
    var other = instances.cache();
    instances.source.put("a", "old");
    try (var cache =
        TieredCache.builder("things", redis, keys, Codec.strings()).build(instances.loader())) {
      await().until(() -> {
        cache.get("a");
        return cache.snapshot().localHits() > 0;
      });
      instances.source.put("a", "new");

      other.invalidateAll(List.of("bad", "a")); // in one message, the bad one first

      await().untilAsserted(() -> assertThat(cache.get("a")).isEqualTo("new"));
    }
  }

  /** The flight of the first key had begun, and its steps were to run where the second waited. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void collectionThatAsksTheCache_isReadBeforeAnythingBegins(boolean blocking) throws Exception {
    var cache = instances.cache(b -> b.withoutLocal());
    instances.source.put("a", "b");
    var lazy = new AbstractList<String>() {
      @Override
      public String get(int index) {
        return index == 0 ? "a" : String.valueOf(cache.get("a"));
      }

      @Override
      public int size() {
        return 2;
      }
    };

    var found = blocking ? cache.getAll(lazy) : cache.getAllAsync(lazy).get(30, TimeUnit.SECONDS);

    assertThat(found).isEqualTo(Map.of("a", "b"));
    assertThat(instances.loads).hasValue(2);
  }

  private TieredCache<Key, String> cacheOfKeys() {
    var redis = instances.connected(servers.address());
    return TieredCache.builder(
            "things", redis, KeyCodec.of(key -> key.text, Key::new), Codec.strings())
        .redisTimeout(java.time.Duration.ofSeconds(2))
        .build(key -> "loaded");
  }
}
