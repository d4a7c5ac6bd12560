package dev.scaling.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.scaling.core.redis.Redis;
import dev.scaling.testkit.RedisExtension;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Instances of a service, each with a connection of its own, in front of one Redis and one source.
 */
final class Instances implements AfterEachCallback {

  /** A key whose loads are not counted, and go by the hook. */
  private static final String PROBE = "probe";

  final Map<String, String> source = new ConcurrentHashMap<>();
  final AtomicInteger loads = new AtomicInteger();

  /** Runs in every load, before it reads the source. */
  volatile Hook hook = key -> {};

  /** Runs in every load, after it has read the source. */
  volatile Hook afterRead = key -> {};

  private final RedisExtension servers;
  private final List<AutoCloseable> open = new ArrayList<>();

  Instances(RedisExtension servers) {
    this.servers = servers;
  }

  TieredCache<String, String> cache() {
    return cache(settings -> {});
  }

  /** Starts an instance; returns once it is connected and hears invalidations. */
  TieredCache<String, String> cache(Consumer<TieredCacheBuilder<String, String>> settings) {
    return cache(connected(servers.address()), settings);
  }

  TieredCache<String, String> cache(
      Redis redis, Consumer<TieredCacheBuilder<String, String>> settings) {
    var builder = TieredCache.builder("things", redis, KeyCodec.strings(), Codec.strings())
        .redisTimeout(Duration.ofSeconds(2)); // a busy machine is no fault
    settings.accept(builder);
    var cache = builder.build(loader());
    open.add(0, cache);
    await("probe").atMost(Duration.ofSeconds(30)).until(() -> {
      cache.get(PROBE);
      var seen = cache.snapshot();
      return seen.localHits() > 0 || (builder.local == null && seen.remoteHits() > 0);
    });
    return cache;
  }

  /** Returns a port to Redis that has answered once. */
  Redis connected(String address) {
    var redis = Redis.connect(address);
    open.add(redis);
    await("connection").atMost(Duration.ofSeconds(30)).until(() -> {
      redis.get("none", Duration.ofSeconds(5)).handle((value, failure) -> "").join();
      return redis.health().state() == Redis.Health.State.UP;
    });
    return redis;
  }

  Loader<String, String> loader() {
    return Loader.of(this::load, keys -> {
      Map<String, String> found = new HashMap<>();
      loads.incrementAndGet();
      for (String key : keys) {
        hook.loading(key);
        var value = source.get(key);
        afterRead.loading(key);
        if (value != null) {
          found.put(key, value);
        }
      }
      return found;
    });
  }

  private @Nullable String load(String key) throws Exception {
    if (key.equals(PROBE)) {
      return "";
    }
    loads.incrementAndGet();
    hook.loading(key);
    var value = source.get(key);
    afterRead.loading(key);
    return value;
  }

  /** Returns the name of a key's string in Redis. */
  static String cell(String key) {
    return "scaling:things:e:1:{" + key + "}";
  }

  /** Returns the names of all strings of the cache in Redis, but for the probe's. */
  @SuppressWarnings("unchecked") // KEYS replies with strings
  Set<String> cells() {
    var names = (List<String>) servers.server().command("KEYS", "scaling:*");
    var cells = new TreeSet<>(Objects.requireNonNull(names));
    cells.remove(cell(PROBE));
    return cells;
  }

  long pttl(String key) {
    return (Long) Objects.requireNonNull(servers.server().command("PTTL", cell(key)));
  }

  boolean exists(String key) {
    return Long.valueOf(1).equals(servers.server().command("EXISTS", cell(key)));
  }

  /** Returns what kind of thing is in Redis for a key: V, N, L or F, or {@code null}. */
  @Nullable
  String kind(String key) {
    var range = (String) servers.server().command("GETRANGE", cell(key), "3", "3");
    return range == null || range.isEmpty() ? null : range;
  }

  @Override
  public void afterEach(ExtensionContext context) throws Exception {
    for (AutoCloseable each : open) {
      each.close();
    }
  }

  /** Something that a test does inside the loader. */
  @FunctionalInterface
  interface Hook {

    void loading(String key) throws Exception;
  }

  /** Holds up the first who comes by, until the test lets it go on. */
  static final class Pause implements Hook {

    private final CountDownLatch reached = new CountDownLatch(1);
    private final CountDownLatch go = new CountDownLatch(1);
    private final AtomicBoolean first = new AtomicBoolean(true);

    @Override
    public void loading(String key) throws InterruptedException {
      if (first.getAndSet(false)) {
        reached.countDown();
        go.await();
      }
    }

    /** Returns once somebody is held up. */
    void awaitReached() throws InterruptedException {
      assertThat(reached.await(60, TimeUnit.SECONDS)).as("held up").isTrue();
    }

    void letGo() {
      go.countDown();
    }
  }
}
