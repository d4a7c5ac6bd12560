package dev.scaling.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.scaling.testkit.RedisExtension;
import dev.scaling.testkit.VirtualTime;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Everything ends, and not all at once. */
@Timeout(120)
final class ExpirationIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.single();

  private static final long SLOWLY = -10_000; // what a slow machine may take between two steps

  @RegisterExtension
  final Instances instances = new Instances(servers);

  @Test
  void valuesStoredTogether_endApartWithinTheJitter() {
    var cache = instances.cache(b -> b.ttl(Duration.ofMinutes(1)));
    var keys = IntStream.range(0, 50).mapToObj(i -> "k" + i).toList();
    keys.forEach(key -> instances.source.put(key, "1"));
    cache.getAll(keys);
    cache.put("put", "1");

    Set<Long> seconds = new HashSet<>();
    for (String key : keys) {
      assertThat(instances.pttl(key)).isBetween(SLOWLY + 54_000L, 60_000L);
      seconds.add(instances.pttl(key) / 1_000);
    }

    assertThat(seconds).hasSizeGreaterThan(2);
    assertThat(instances.pttl("put")).isBetween(SLOWLY + 54_000L, 60_000L);
  }

  @Test
  void withoutJitter_timesAreExact() {
    var cache = instances.cache(b -> b.ttl(Duration.ofMinutes(1)).jitterRatio(0));
    instances.source.put("a", "1");
    long startNanos = System.nanoTime();
    cache.get("a");

    long left = instances.pttl("a");
    long passed = (System.nanoTime() - startNanos) / 1_000_000;
    assertThat(left).isBetween(60_000L - passed - 2, 60_000L);
  }

  @Test
  void lackOfAValue_isForgottenSooner() {
    var cache = instances.cache(b -> b.ttl(Duration.ofMinutes(10)));

    cache.get("none");

    assertThat(instances.pttl("none")).isBetween(SLOWLY + 27_000L, 30_000L);
  }

  @Test
  void localEntries_endByTheirOwnTime() {
    var time = new VirtualTime();
    var cache = instances.cache(b -> b.time(time)
        .jitterRatio(0)
        .ttl(Duration.ofMinutes(10))
        .local(l -> l.ttl(Duration.ofSeconds(30))));
    instances.source.put("a", "1");
    cache.get("a");
    cache.get("none");

    assertThat(localHit(cache, "a")).isTrue();
    assertThat(localHit(cache, "none")).isTrue();
    time.advance(Duration.ofMillis(2_999));
    assertThat(localHit(cache, "none")).isTrue();
    time.advance(Duration.ofMillis(2)); // a tenth of the negative time to live
    assertThat(localHit(cache, "none")).isFalse();
    assertThat(localHit(cache, "a")).isTrue();
    time.advance(Duration.ofMillis(26_998));
    assertThat(localHit(cache, "a")).isTrue();
    time.advance(Duration.ofMillis(2));
    assertThat(localHit(cache, "a")).isFalse();
    assertThat(time.pending()).isZero();
  }

  @Test
  void shortestTimes_areBorne() {
    var shortest = Duration.ofMillis(1);
    var cache = instances.cache(b -> b.withoutLocal().negativeTtl(shortest));

    assertThat(cache.get("none")).isNull();

    await().until(() -> !instances.exists("none"));
  }

  @Test
  void afterAnyWorkload_nothingInRedisIsThereForEver() {
    long seed = new Random().nextLong();
    System.out.println("ExpirationIT seed " + seed);
    var random = new Random(seed);
    var caches = List.of(instances.cache(), instances.cache());
    for (int i = 0; i < 2_000; i++) {
      var cache = caches.get(random.nextInt(2));
      String key = "k" + random.nextInt(20);
      switch (random.nextInt(6)) {
        case 0 -> cache.put(key, "v" + i);
        case 1 -> cache.invalidate(key);
        case 2 -> cache.update(key, () -> instances.source.put(key, "v" + random.nextInt()));
        case 3 -> cache.getAll(List.of(key, "k" + random.nextInt(20)));
        case 4 -> instances.source.remove(key);
        default -> cache.get(key);
      }
    }

    assertThat(instances.cells())
        .as("seed %d", seed)
        .isNotEmpty()
        .allSatisfy(cell ->
            assertThat((Long) servers.server().command("PTTL", cell)).as(cell).isPositive());
  }

  private static boolean localHit(TieredCache<String, String> cache, String key) {
    long hits = cache.snapshot().localHits();
    cache.get(key);
    return cache.snapshot().localHits() > hits;
  }
}
