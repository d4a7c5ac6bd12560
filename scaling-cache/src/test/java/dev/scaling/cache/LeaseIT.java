package dev.scaling.cache;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import dev.scaling.cache.Instances.Pause;
import dev.scaling.testkit.RedisExtension;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** One load in the cluster, and nothing that was read before an invalidation stored after it. */
@Timeout(120)
final class LeaseIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.single();

  @RegisterExtension
  final Instances instances = new Instances(servers);

  @Test
  void valueLoadedBeforeAnInvalidation_isServedAndStoredNowhere() throws Exception {
    var one = instances.cache();
    var two = instances.cache();
    instances.source.put("a", "old");
    var pause = new Pause();
    instances.afterRead = pause;
    var reader = one.getAsync("a");
    pause.awaitReached();

    instances.source.put("a", "new");
    two.invalidate("a");
    pause.letGo();

    assertThat(reader).succeedsWithin(Duration.ofSeconds(30)).isEqualTo("old");
    assertThat(instances.exists("a")).isFalse();
    assertThat(one.snapshot().fillsRejected()).isEqualTo(1);
    assertThat(one.get("a")).isEqualTo("new");
    assertThat(two.get("a")).isEqualTo("new");
  }

  @Test
  void bulkLoadedBeforeAnInvalidation_isStoredButForTheKeyInQuestion() throws Exception {
    var one = instances.cache();
    var two = instances.cache();
    instances.source.put("a", "old");
    instances.source.put("b", "1");
    var pause = new Pause();
    instances.afterRead = key -> {
      if (key.equals("b")) {
        pause.loading(key);
      }
    };
    var reader = one.getAllAsync(List.of("a", "b"));
    pause.awaitReached();

    instances.source.put("a", "new");
    two.invalidate("a");
    pause.letGo();

    assertThat(reader).succeedsWithin(Duration.ofSeconds(30));
    assertThat(instances.kind("a")).isNull();
    assertThat(instances.kind("b")).isEqualTo("V");
    assertThat(one.get("a")).isEqualTo("new");
  }

  /** The value comes from Redis, so no lease protects the local tier: the epoch does. */
  @Test
  void valueReadBeforeAnInvalidation_isNotStoredInTheLocalTier() throws Exception {
    var pause = new Pause();
    var decoding = BadCodecs.of(text -> text.getBytes(UTF_8), bytes -> {
      try {
        pause.loading("");
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
      return new String(bytes, UTF_8);
    });
    var redis = instances.connected(servers.address());
    var other = instances.connected(servers.address());
    instances.source.put("a", "old");
    try (var one = TieredCache.builder("things", redis, KeyCodec.strings(), decoding)
            .build(instances.loader());
        var two = TieredCache.builder("things", other, KeyCodec.strings(), decoding)
            .build(instances.loader())) {
      await().until(() -> heard(one, two));
      two.get("a");
      var reader = one.getAsync("a");
      pause.awaitReached();

      long heard = one.snapshot().invalidationsReceived();
      instances.source.put("a", "new");
      two.invalidate("a");
      await().until(() -> one.snapshot().invalidationsReceived() > heard);
      pause.letGo();

      assertThat(reader).succeedsWithin(Duration.ofSeconds(30)).isEqualTo("old");
      assertThat(one.get("a")).isEqualTo("new");
    }
  }

  @Test
  void invalidationByTheSameInstance_isFollowedByNoOldRead() throws Exception {
    var cache = instances.cache();
    instances.source.put("a", "old");
    var pause = new Pause();
    instances.afterRead = pause;
    var early = cache.getAsync("a");
    pause.awaitReached();

    instances.source.put("a", "new");
    cache.invalidate("a");

    assertThat(cache.get("a")).as("does not join the flight from before").isEqualTo("new");
    pause.letGo();
    assertThat(early).succeedsWithin(Duration.ofSeconds(30)).isEqualTo("old");
    assertThat(cache.get("a")).isEqualTo("new");
  }

  @Test
  void loadLongerThanItsLease_isTheOnlyOne() throws Exception {
    var one = instances.cache(b -> b.lease(Duration.ofSeconds(1)));
    var two = instances.cache(b -> b.lease(Duration.ofSeconds(1)));
    instances.source.put("a", "1");
    var pause = new Pause();
    instances.hook = pause;
    var first = one.getAsync("a");
    pause.awaitReached();
    var second = two.getAsync("a");

    await()
        .during(Duration.ofMillis(2_500))
        .atMost(Duration.ofSeconds(30))
        .until(() -> "L".equals(instances.kind("a")));
    pause.letGo();

    assertThat(first).succeedsWithin(Duration.ofSeconds(30)).isEqualTo("1");
    assertThat(second).succeedsWithin(Duration.ofSeconds(30)).isEqualTo("1");
    assertThat(instances.loads).hasValue(1);
  }

  @Test
  void leaseOfOneWhoDied_isTakenOverWhenItEnds() {
    var cache = instances.cache(b -> b.loadTimeout(Duration.ofMinutes(2)));
    instances.source.put("a", "1");
    long start = System.nanoTime();
    servers.server().command("SET", Instances.cell("a"), "SC1L0" + "x".repeat(16), "PX", "700");

    assertThat(cache.get("a")).isEqualTo("1");

    assertThat(Duration.ofNanos(System.nanoTime() - start))
        .isBetween(Duration.ofMillis(700), Duration.ofMinutes(1));
    assertThat(cache.snapshot().leaseWaits()).isEqualTo(1);
    assertThat(instances.kind("a")).isEqualTo("V");
  }

  /** The server runs what was sent to it while it hung: first the claim, then its return. */
  @Test
  void leaseOfAPutWithoutAnAnswer_isGivenBack() {
    var cache =
        instances.cache(b -> b.lease(Duration.ofMinutes(1)).redisTimeout(Duration.ofMillis(500)));
    cache.put("a", "1"); // from now on the server knows the scripts
    servers.server().pause();

    assertThatExceptionOfType(InvalidationFailedException.class)
        .isThrownBy(() -> cache.put("a", "2"));
    servers.server().resume();

    await().until(() -> !instances.exists("a"));
  }

  /** Its holder may be cut off from Redis, which is no error to those who can reach it. */
  @Test
  void waitForALease_endsAtTheLoadTimeout_inALoadOfOnesOwn() {
    var cache = instances.cache(b -> b.loadTimeout(Duration.ofSeconds(1)));
    instances.source.put("a", "1");
    servers.server().command("SET", Instances.cell("a"), "SC1L0" + "x".repeat(16), "PX", "60000");

    assertThat(cache.getAsync("a")).succeedsWithin(Duration.ofSeconds(30)).isEqualTo("1");

    assertThat(cache.snapshot().leaseWaits()).isPositive();
    assertThat(instances.kind("a")).as("the lease stays its holder's").isEqualTo("L");
  }

  /** The leases outlast the test by far: only messages can wake those who wait. */
  @Test
  void manyCallersOfManyInstances_areServedByOneLoad() throws Exception {
    List<TieredCache<String, String>> caches = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      caches.add(
          instances.cache(b -> b.lease(Duration.ofMinutes(1)).loadTimeout(Duration.ofMinutes(2))));
    }
    instances.source.put("a", "1");
    var pause = new Pause();
    instances.hook = pause;
    var pool = Executors.newCachedThreadPool();
    var ready = new CountDownLatch(200);
    List<Future<String>> readers = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      var cache = caches.get(i % 4);
      Callable<String> read = () -> {
        ready.countDown();
        return String.valueOf(cache.get("a"));
      };
      readers.add(pool.submit(read));
    }
    ready.await();
    await()
        .until(() -> caches.stream().mapToLong(c -> c.snapshot().leaseWaits()).sum() == 3);

    pause.letGo();

    for (var reader : readers) {
      assertThat(reader).succeedsWithin(Duration.ofSeconds(10)).isEqualTo("1");
    }
    assertThat(instances.loads).hasValue(1);
    pool.shutdownNow();
  }

  /** Each of those who waited took the lease in turn, to load what nobody could keep. */
  @Test
  void valueThatIsNotStored_isLoadedByAllWhoWaited_atOnce() throws Exception {
    List<TieredCache<String, String>> caches = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      caches.add(instances.cache(b ->
          b.withoutNegatives().lease(Duration.ofMinutes(1)).loadTimeout(Duration.ofMinutes(2))));
    }
    var pause = new Pause();
    var others = new CountDownLatch(3);
    var first = new AtomicBoolean(true);
    instances.hook = key -> {
      if (first.getAndSet(false)) {
        pause.loading(key);
      } else {
        others.countDown();
        assertThat(others.await(60, TimeUnit.SECONDS)).as("all load at once").isTrue();
      }
    };
    var reads = caches.stream().map(cache -> cache.getAsync("none")).toList();
    pause.awaitReached();
    await()
        .until(() -> caches.stream().mapToLong(c -> c.snapshot().leaseWaits()).sum() == 3);

    pause.letGo();

    for (var read : reads) {
      assertThat(read).succeedsWithin(Duration.ofSeconds(60)).isNull();
    }
    assertThat(instances.loads).hasValue(4);
    assertThat(instances.exists("none")).isFalse();
  }

  @Test
  void loadThatFails_isTriedByOneOfThoseWhoWaited() throws Exception {
    List<TieredCache<String, String>> caches = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      caches.add(
          instances.cache(b -> b.lease(Duration.ofMinutes(1)).loadTimeout(Duration.ofMinutes(2))));
    }
    instances.source.put("a", "1");
    var pause = new Pause();
    var first = new AtomicBoolean(true);
    instances.hook = key -> {
      if (first.getAndSet(false)) {
        pause.loading(key);
        throw new IllegalStateException("no");
      }
    };
    var reads = caches.stream().map(cache -> cache.getAsync("a")).toList();
    pause.awaitReached();
    await()
        .until(() -> caches.stream().mapToLong(c -> c.snapshot().leaseWaits()).sum() == 2);

    pause.letGo();

    await().until(() -> reads.stream().allMatch(CompletableFuture::isDone));
    assertThat(reads).filteredOn(CompletableFuture::isCompletedExceptionally).hasSize(1);
    assertThat(instances.loads).hasValue(2);
    assertThat(instances.kind("a")).isEqualTo("V");
  }

  /** Who had found the old content unreadable replaced the good one that came meanwhile. */
  @Test
  void unreadableValue_isReplacedOnlyAsLongAsItIsThere() throws Exception {
    var pause = new Pause();
    var codec = BadCodecs.of(text -> text.getBytes(UTF_8), bytes -> {
      String text = new String(bytes, UTF_8);
      if (text.equals("bad")) {
        try {
          pause.loading("");
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
        throw new IllegalStateException("unreadable");
      }
      return text;
    });
    var redis = instances.connected(servers.address());
    instances.source.put("a", "good");
    try (var one = TieredCache.builder("things", redis, KeyCodec.strings(), codec)
            .withoutLocal()
            .build(instances.loader());
        var two = TieredCache.builder("things", redis, KeyCodec.strings(), codec)
            .withoutLocal()
            .build(instances.loader())) {
      one.put("a", "bad");
      var slow = one.getAsync("a");
      pause.awaitReached();
      assertThat(two.get("a")).isEqualTo("good");

      pause.letGo();

      assertThat(slow).succeedsWithin(Duration.ofSeconds(30)).isEqualTo("good");
      assertThat(instances.loads).hasValue(1);
    }
  }

  private static boolean heard(TieredCache<String, String> one, TieredCache<String, String> two) {
    two.invalidate("heard?");
    return one.snapshot().invalidationsReceived() > 0 && two.snapshot().invalidationsReceived() > 0;
  }
}
