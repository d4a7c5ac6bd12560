package dev.scaling.cache;

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

/** Waiting for the lease of another: who is woken, by what, and who takes over. */
@Timeout(120)
final class LeaseWaitIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.single();

  @RegisterExtension
  final Instances instances = new Instances(servers);

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
}
