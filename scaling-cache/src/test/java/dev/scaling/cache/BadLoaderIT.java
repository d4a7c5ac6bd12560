package dev.scaling.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import dev.scaling.testkit.RedisExtension;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Loaders and codecs that misbehave harm the call at hand, and nothing after it. */
@Timeout(120)
final class BadLoaderIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.single();

  @RegisterExtension
  final Instances instances = new Instances(servers);

  @ParameterizedTest
  @ValueSource(classes = {IOException.class, IllegalStateException.class, StackOverflowError.class})
  void loaderThatThrows_isTheCause_andLeavesNoLease(Class<? extends Throwable> type) {
    var cache = instances.cache();
    instances.hook =
        key -> BadLoaderIT.<RuntimeException>raise(type.getConstructor().newInstance());

    assertThatExceptionOfType(LoadFailedException.class)
        .isThrownBy(() -> cache.get("a"))
        .withMessage("things: the loader failed with " + type.getName())
        .withCauseInstanceOf(type);

    assertRecovers(cache, "a");
  }

  @Test
  void failure_reachesEveryCallerOfTheKey() {
    var cache = instances.cache();
    var go = new CountDownLatch(1);
    instances.hook = key -> {
      go.await();
      throw new IOException("no");
    };

    var first = cache.getAsync("a");
    var second = cache.getAllAsync(List.of("a", "a"));
    go.countDown();

    for (var each : List.of(first, second)) {
      assertThat(each)
          .failsWithin(Duration.ofSeconds(30))
          .withThrowableOfType(ExecutionException.class)
          .withCauseInstanceOf(LoadFailedException.class);
    }
    assertRecovers(cache, "a");
  }

  @Test
  void nullFromTheLoader_isRememberedForTheNegativeTimeToLive() {
    var cache = instances.cache(b -> b.negativeTtl(Duration.ofSeconds(20)));

    assertThat(cache.get("a")).isNull();

    assertThat(instances.kind("a")).isEqualTo("N");
    assertThat(instances.pttl("a")).isBetween(8_000L, 20_000L);
    assertThat(cache.getAll(List.of("a"))).isEmpty();
    assertThat(instances.loads).hasValue(1);
  }

  @Test
  void nullFromTheLoader_isNotRememberedWithoutNegatives() {
    var cache = instances.cache(b -> b.withoutNegatives());

    assertThat(cache.get("a")).isNull();
    assertThat(cache.get("a")).isNull();

    assertThat(instances.loads).hasValue(2);
    assertThat(instances.cells()).isEmpty();
  }

  @Test
  void loaderThatNeverReturns_failsAfterTheTimeout_andIsInterrupted() {
    var cache = instances.cache(b -> b.loadTimeout(Duration.ofMillis(300)));
    var interrupted = new CountDownLatch(1);
    instances.hook = key -> {
      try {
        new CountDownLatch(1).await();
      } catch (InterruptedException e) {
        interrupted.countDown();
        throw e;
      }
    };

    assertThatExceptionOfType(LoadFailedException.class)
        .isThrownBy(() -> cache.get("a"))
        .withMessage("things: the loader took longer than PT0.3S")
        .withNoCause();

    await().untilAsserted(() -> assertThat(interrupted.getCount()).isZero());
    assertRecovers(cache, "a");
  }

  @Test
  void loaderThatAsksForItsOwnKey_isRefused() {
    var cache = instances.cache();
    var seen = new AtomicReference<Throwable>();
    instances.hook = key -> {
      try {
        cache.get(key);
      } catch (RuntimeException e) {
        seen.set(e);
        throw e;
      }
    };

    assertThatExceptionOfType(LoadFailedException.class).isThrownBy(() -> cache.get("a"));

    assertThat(seen.get())
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(
            "things: the loader of a key asked the cache for the same key, and would wait for itself");
    assertRecovers(cache, "a");
  }

  /** The flight of the other key had been started for a caller who never ran its steps. */
  @Test
  void loaderThatAsksForItsOwnKeyAmongOthers_leavesTheOthersServed() {
    var cache = instances.cache();
    instances.source.put("b", "2");
    instances.hook = key -> {
      if (key.equals("a")) {
        cache.getAll(List.of("b", "a"));
      }
    };

    assertThatExceptionOfType(LoadFailedException.class).isThrownBy(() -> cache.get("a"));

    assertThat(cache.getAsync("b")).succeedsWithin(Duration.ofSeconds(30)).isEqualTo("2");
    assertRecovers(cache, "a");
  }

  @Test
  void loaderThatAsksForAnotherKey_isServed() {
    var cache = instances.cache();
    instances.source.putAll(Map.of("a", "1", "b", "2"));
    instances.hook = key -> {
      if (key.equals("a")) {
        assertThat(cache.get("b")).isEqualTo("2");
      }
    };

    assertThat(cache.get("a")).isEqualTo("1");
  }

  @Test
  void loadersThatWaitForEachOther_endAtTheTimeout() {
    var cache = instances.cache(b -> b.loadTimeout(Duration.ofMillis(500)));
    instances.hook = key -> cache.get(key.equals("a") ? "b" : "a");

    assertThatExceptionOfType(LoadFailedException.class).isThrownBy(() -> cache.get("a"));

    assertRecovers(cache, "a");
    assertRecovers(cache, "b");
  }

  @Test
  void bulkLoaderThatReturnsNull_isSaid() {
    bulk(BadCodecs::none, cache -> {
      assertThatExceptionOfType(LoadFailedException.class)
          .isThrownBy(() -> cache.getAll(List.of("a", "b")))
          .withMessage("things: the loader failed with java.lang.NullPointerException")
          .withStackTraceContaining("loadAll returned null");
      assertThat(cache.get("a")).isEqualTo("single");
      assertThat(cache.get("b")).isEqualTo("single");
    });
  }

  @Test
  void bulkLoaderThatReturnsExtraKeys_isBelievedInWhatWasAsked() {
    bulk(keys -> Map.of("a", "1", "z", "26"), cache -> {
      assertThat(cache.getAll(List.of("a", "b"))).isEqualTo(Map.of("a", "1"));
      assertThat(cache.get("z")).isEqualTo("single");
      assertThat(cache.get("b")).isNull();
    });
  }

  @Test
  void bulkLoaderThatReturnsNullValues_hasNone() {
    Map<String, String> found = new HashMap<>();
    found.put("a", BadCodecs.none("a"));
    found.put(BadCodecs.none("null as a key"), "1");
    bulk(keys -> found, cache -> assertThat(cache.getAll(List.of("a", "b"))).isEmpty());
  }

  @Test
  void bulkLoaderThatChangesItsArgument_changesNothingElse() {
    bulk(
        keys -> {
          keys.clear();
          return Map.of("a", "1", "b", "2");
        },
        cache -> assertThat(cache.getAll(List.of("a", "b"))).isEqualTo(Map.of("a", "1", "b", "2")));
  }

  private void assertRecovers(TieredCache<String, String> cache, String key) {
    await("the lease is given back")
        .untilAsserted(() -> assertThat(instances.exists(key)).isFalse());
    assertThat(cache.toString()).contains("underWay=0");
    instances.hook = any -> {};
    instances.source.put(key, "good");

    assertThat(cache.getAsync(key)).succeedsWithin(1, TimeUnit.SECONDS).isEqualTo("good");
    instances.source.remove(key);
    cache.invalidate(key);
  }

  private void bulk(
      Loader.BulkLoader<String, String> many, Consumer<TieredCache<String, String>> test) {
    var redis = instances.connected(servers.address());
    Loader.BulkLoader<String, String> raw = keys -> many.loadAll((Set<? extends String>) keys);
    try (var cache = TieredCache.builder("things", redis, KeyCodec.strings(), Codec.strings())
        .withoutLocal()
        .build(Loader.of(key -> "single", raw))) {
      test.accept(cache);
    }
  }

  @SuppressWarnings("unchecked") // past the compiler, on purpose
  private static <X extends Throwable> void raise(Throwable failure) throws X {
    throw (X) failure;
  }
}
