package dev.scaling.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.scaling.cache.Workload.Style;
import dev.scaling.core.redis.Redis;
import dev.scaling.testkit.RedisExtension;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/**
 * Random reads and writes of few keys from several instances, judged by an oracle of intervals, and
 * the same with parts of the protocol broken on purpose, which the oracle must notice.
 */
@Timeout(90)
final class StressIT {

  private static final int KEYS = 6;
  private static final int INSTANCES = 3;
  private static final Duration DELAY = Duration.ofSeconds(1);

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.single();

  @RegisterExtension
  final Instances connections = new Instances(servers);

  private final long seed = Long.getLong("scaling.stress.seed", new Random().nextLong());
  private final Journal journal = new Journal(
      ByteBuffer.allocateDirect(Journal.bytes(KEYS, INSTANCES)), KEYS, INSTANCES, DELAY);
  private final List<TieredCache<Integer, String>> caches = new ArrayList<>();

  @AfterEach
  void close() {
    caches.forEach(TieredCache::close);
  }

  @Test
  void noRead_returnsWhatWasImpossible_andNothingIsStaleAtRest() {
    var workload = run(Style.ALL, Duration.ofSeconds(8), redis -> redis, () -> false);

    assertThat(journal.violations()).as("seed %d", seed).isEmpty();
    assertThat(staleAtRest()).as("seed %d", seed).isEmpty();
    assertThat(workload.writes()).isGreaterThan(100);
  }

  @ParameterizedTest
  @EnumSource(mode = Mode.EXCLUDE, names = "NO_FENCE")
  void oracle_noticesABrokenProtocol(BrokenRedis broken) {
    assertNoticed(Style.ALL, broken::around);
  }

  @Test
  void oracle_noticesInvalidationsBeforeTheCommit() {
    assertNoticed(Style.TOO_EARLY, redis -> redis);
  }

  private void assertNoticed(Style style, UnaryOperator<Redis> around) {
    boolean noticed = false;
    for (int round = 0; round < 10 && !noticed; round++) {
      run(style, Duration.ofSeconds(2), around, this::isNoticed);
      noticed = isNoticed() || !staleAtRest().isEmpty();
      close();
      caches.clear();
    }
    assertThat(noticed).as("seed %d", seed).isTrue();
  }

  private boolean isNoticed() {
    return !journal.violations().isEmpty();
  }

  private Workload run(
      Style style, Duration length, UnaryOperator<Redis> around, BooleanSupplier enough) {
    System.out.println("StressIT seed " + seed);
    Map<Integer, ReentrantReadWriteLock> locks = new ConcurrentHashMap<>();
    for (int key = 0; key < KEYS; key++) {
      locks.put(key, new ReentrantReadWriteLock());
    }
    var workload = new Workload(journal, locks, style);
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < INSTANCES; i++) {
      caches.add(instance(around.apply(connections.connected(servers.address()))));
    }
    for (int i = 0; i < INSTANCES; i++) {
      threads.addAll(
          workload.start(caches.get(i), i, /* readers= */ 2, /* writers= */ 1, seed + i));
    }
    long end = System.nanoTime() + length.toNanos();
    while (System.nanoTime() - end < 0 && !enough.getAsBoolean()) {
      journal.sample();
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
    }
    workload.end();
    threads.forEach(StressIT::join);
    System.out.println("StressIT " + workload.counts() + ", " + caches.get(0).snapshot());
    return workload;
  }

  private TieredCache<Integer, String> instance(Redis redis) {
    return TieredCache.builder("stress", redis, KeyCodec.integers(), Codec.strings())
        .redisTimeout(Duration.ofSeconds(10)) // a slow machine is not a fault here
        .build(slowly(journal));
  }

  /** Reads the journal, and takes a while before and after: that is where the races are. */
  static Loader<Integer, String> slowly(Journal journal) {
    return key -> {
      pause(key);
      var value = Journal.value(journal.committed(key));
      pause(key);
      return value;
    };
  }

  private static void pause(int key) {
    LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(key * 300L));
  }

  /** Returns what differs from the source, of any tier, once all messages have arrived. */
  private List<String> staleAtRest() {
    await().pollDelay(Duration.ofSeconds(1)).until(() -> true);
    List<String> stale = new ArrayList<>();
    try (var remote = TieredCache.builder(
            "stress",
            connections.connected(servers.address()),
            KeyCodec.integers(),
            Codec.strings())
        .withoutLocal()
        .build(slowly(journal))) {
      for (int key = 0; key < KEYS; key++) {
        var value = Journal.value(journal.committed(key));
        for (var cache : caches) {
          addIfStale(stale, cache.toString(), key, cache.get(key), value);
        }
        addIfStale(stale, "Redis", key, remote.get(key), value);
      }
    }
    return stale;
  }

  private static void addIfStale(
      List<String> stale, String where, int key, @Nullable String held, @Nullable String value) {
    if (!Objects.equals(held, value)) {
      stale.add(where + " holds " + held + " of key " + key + " where the source has " + value);
    }
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
