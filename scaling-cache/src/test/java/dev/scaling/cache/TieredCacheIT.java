package dev.scaling.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.scaling.core.redis.Redis;
import dev.scaling.testkit.RedisExtension;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The main path: two instances in front of one Redis and one source. */
@Timeout(120)
final class TieredCacheIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.single();

  private final Map<Long, String> source = new ConcurrentHashMap<>();
  private final AtomicInteger loads = new AtomicInteger();
  private final List<AutoCloseable> open = new ArrayList<>();
  private final TieredCache<Long, String> one = instance();
  private final TieredCache<Long, String> two = instance();

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : open) {
      each.close();
    }
  }

  @Test
  void value_isLoadedOnceForBothInstances() {
    source.put(1L, "a");

    assertThat(one.get(1L)).isEqualTo("a");
    assertThat(two.get(1L)).isEqualTo("a");
    assertThat(one.get(1L)).isEqualTo("a");

    assertThat(loads).hasValue(1);
    assertThat(two.snapshot().remoteHits()).isEqualTo(1);
  }

  @Test
  void missingValue_isRemembered() {
    assertThat(one.get(2L)).isNull();
    assertThat(two.get(2L)).isNull();

    assertThat(loads).hasValue(1);
  }

  @Test
  void update_isSeenByTheOtherInstance() {
    source.put(3L, "old");
    one.get(3L);
    two.get(3L);

    var written = one.update(3L, () -> source.put(3L, "new"));

    assertThat(written).isEqualTo(new Written<>("old", true));
    assertThat(one.get(3L)).isEqualTo("new");
    await().untilAsserted(() -> assertThat(two.get(3L)).isEqualTo("new"));
  }

  @Test
  void manyKeys_areLoadedInOneBulk() {
    source.put(4L, "x");
    source.put(5L, "y");

    assertThat(one.getAll(List.of(4L, 5L, 6L)))
        .containsExactly(Map.entry(4L, "x"), Map.entry(5L, "y"));
    assertThat(two.getAll(List.of(6L, 5L, 4L)))
        .containsExactly(Map.entry(5L, "y"), Map.entry(4L, "x"));

    assertThat(loads).hasValue(1);
  }

  @Test
  void put_replacesTheValueEverywhere() {
    source.put(7L, "old");
    one.get(7L);
    two.get(7L);

    one.put(7L, "new");

    assertThat(one.get(7L)).isEqualTo("new");
    await().untilAsserted(() -> assertThat(two.get(7L)).isEqualTo("new"));
    assertThat(loads).hasValue(1);
  }

  private TieredCache<Long, String> instance() {
    var redis = Redis.connect(servers.address());
    var cache = TieredCache.builder("things", redis, KeyCodec.longs(), Codec.strings())
        .ttl(Duration.ofMinutes(1))
        .redisTimeout(Duration.ofSeconds(10)) // a busy machine takes its time for the first call
        .build(Loader.of(
            key -> {
              loads.incrementAndGet();
              return source.get(key);
            },
            keys -> {
              loads.incrementAndGet();
              Map<Long, String> found = new ConcurrentHashMap<>(source);
              found.keySet().retainAll(keys);
              return found;
            }));
    open.add(cache);
    open.add(redis);
    return cache;
  }
}
