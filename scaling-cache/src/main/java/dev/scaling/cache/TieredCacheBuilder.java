package dev.scaling.cache;

import dev.scaling.core.Time;
import dev.scaling.core.internal.Checks;
import dev.scaling.core.redis.Redis;
import io.opentelemetry.api.OpenTelemetry;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Configures a {@link TieredCache}. Not safe for use by many threads. */
public final class TieredCacheBuilder<K, V> {

  private static final Duration SHORTEST = Duration.ofMillis(1);
  private static final Duration LONGEST = Duration.ofDays(365);
  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final Duration NEGATIVE = Duration.ofSeconds(30);

  final String name;
  final Redis redis;
  final KeyCodec<K> keys;
  final Codec<V> codec;

  @Nullable
  LocalSettings<K, V> local = new LocalSettings<>();

  String prefix = "scaling";
  int schema = 1;
  Duration ttl = Duration.ofMinutes(10);

  @Nullable
  Duration negativeTtl;

  boolean cachesNegatives = true;
  double jitterRatio = 0.1;
  int maximumValueBytes = 1 << 20;
  Duration lease = Duration.ofSeconds(2);
  Duration fence = Duration.ofSeconds(5);
  Duration loadTimeout = Duration.ofSeconds(10);
  Duration redisTimeout = Duration.ofMillis(250);
  WhenRedisFails whenRedisFails = WhenRedisFails.REFUSE_UPDATES;

  @Nullable
  Executor executor;

  Time time = Time.system();
  RandomGenerator random = () -> ThreadLocalRandom.current().nextLong();

  @Nullable
  OpenTelemetry openTelemetry;

  TieredCacheBuilder(String name, Redis redis, KeyCodec<K> keys, Codec<V> codec) {
    this.name = Checks.name("name", name);
    this.redis = Checks.notNull(redis, "redis");
    this.keys = Checks.notNull(keys, "keys");
    this.codec = Checks.notNull(codec, "codec");
  }

  /** Sets the local tier's bounds. The default is 10,000 entries and a tenth of {@code ttl}. */
  public TieredCacheBuilder<K, V> local(Consumer<LocalSettings<K, V>> settings) {
    Checks.notNull(settings, "settings");
    var changed = local == null ? new LocalSettings<K, V>() : local;
    settings.accept(changed);
    local = changed;
    return this;
  }

  /** Leaves the local tier out: every read goes to Redis. */
  public TieredCacheBuilder<K, V> withoutLocal() {
    local = null;
    return this;
  }

  /**
   * Sets what every key in Redis begins with. The default is {@code scaling}. Caches with the same
   * prefix and name on one Redis are one cache.
   *
   * @param prefix 1 to 64 letters, digits, dots, dashes and underscores
   */
  public TieredCacheBuilder<K, V> prefix(String prefix) {
    this.prefix = Checks.name("prefix", prefix);
    return this;
  }

  /**
   * Sets the version of the values' form. A value of another version is a miss, so raise it when
   * the form changes. The default is 1.
   */
  public TieredCacheBuilder<K, V> schema(int schema) {
    this.schema = (int) Checks.range("schema", schema, 0, Integer.MAX_VALUE);
    return this;
  }

  /**
   * Sets how long Redis keeps a value, at most: jitter shortens it. The default is 10 minutes.
   *
   * @param ttl from 1 millisecond to 365 days
   */
  public TieredCacheBuilder<K, V> ttl(Duration ttl) {
    this.ttl = Checks.duration("ttl", ttl, SHORTEST, LONGEST);
    return this;
  }

  /**
   * Sets how long the cache remembers that the source has no value. The default is 30 seconds, or
   * {@code ttl} if that is shorter.
   *
   * @param negativeTtl from 1 millisecond to 365 days
   */
  public TieredCacheBuilder<K, V> negativeTtl(Duration negativeTtl) {
    this.negativeTtl = Checks.duration("negativeTtl", negativeTtl, SHORTEST, LONGEST);
    cachesNegatives = true;
    return this;
  }

  /** Makes the cache ask the source again each time, when it has no value. */
  public TieredCacheBuilder<K, V> withoutNegatives() {
    cachesNegatives = false;
    return this;
  }

  /**
   * Sets the share of a time to live that is drawn at random and taken off, so that what was stored
   * together does not end together. The default is 0.1.
   *
   * @param jitterRatio from 0 to 0.9
   */
  public TieredCacheBuilder<K, V> jitterRatio(double jitterRatio) {
    Checks.argument(
        jitterRatio >= 0 && jitterRatio <= 0.9, "jitterRatio must be in [0, 0.9]: %s", jitterRatio);
    this.jitterRatio = jitterRatio;
    return this;
  }

  /**
   * Sets the largest encoded value that is stored or read. A larger one is served but not cached.
   * The default is 1,048,576.
   *
   * @param maximumValueBytes from 1 to 536,870,000, just under the limit of Redis
   */
  public TieredCacheBuilder<K, V> maximumValueBytes(int maximumValueBytes) {
    this.maximumValueBytes =
        (int) Checks.range("maximumValueBytes", maximumValueBytes, 1, 536_870_000);
    return this;
  }

  /**
   * Sets how long other instances wait for one that died while it loaded. A load may take longer:
   * its lease is renewed while it runs. The default is 2 seconds.
   *
   * @param lease from 50 milliseconds to 1 minute
   */
  public TieredCacheBuilder<K, V> lease(Duration lease) {
    this.lease = Checks.duration("lease", lease, Duration.ofMillis(50), MINUTE);
    return this;
  }

  /**
   * Sets how long a key stays uncached after a writer that died inside {@code update}; also the
   * longest pause of a process that its updates bear. A write may take longer: its fence is renewed
   * while it runs. The default is 5 seconds.
   *
   * @param fence from 100 milliseconds to 10 minutes
   */
  public TieredCacheBuilder<K, V> fence(Duration fence) {
    this.fence = Checks.duration("fence", fence, Duration.ofMillis(100), Duration.ofMinutes(10));
    return this;
  }

  /**
   * Sets how long a load may take before its callers get a {@link LoadFailedException}. The default
   * is 10 seconds.
   *
   * @param loadTimeout from 1 millisecond to 1 hour
   */
  public TieredCacheBuilder<K, V> loadTimeout(Duration loadTimeout) {
    this.loadTimeout = Checks.duration("loadTimeout", loadTimeout, SHORTEST, Duration.ofHours(1));
    return this;
  }

  /**
   * Sets how long one call to Redis may take. The default is 250 milliseconds.
   *
   * @param redisTimeout from 1 millisecond to 1 minute
   */
  public TieredCacheBuilder<K, V> redisTimeout(Duration redisTimeout) {
    this.redisTimeout = Checks.duration("redisTimeout", redisTimeout, SHORTEST, MINUTE);
    return this;
  }

  /** Sets what {@code update} does without Redis. The default is {@code REFUSE_UPDATES}. */
  public TieredCacheBuilder<K, V> whenRedisFails(WhenRedisFails whenRedisFails) {
    this.whenRedisFails = Checks.notNull(whenRedisFails, "whenRedisFails");
    return this;
  }

  /**
   * Sets what runs the loader, the codec where no caller waits, and the completion of asynchronous
   * calls. The default is a virtual thread a task where there are any (JDK 21), else daemon threads
   * as needed; the cache ends those when it is closed.
   */
  public TieredCacheBuilder<K, V> executor(Executor executor) {
    this.executor = Checks.notNull(executor, "executor");
    return this;
  }

  /** Sets the source of time. The default is {@link Time#system()}. */
  public TieredCacheBuilder<K, V> time(Time time) {
    this.time = Checks.notNull(time, "time");
    return this;
  }

  /** Sets what jitter is drawn from; used by many threads. The default is the thread's own. */
  public TieredCacheBuilder<K, V> random(RandomGenerator random) {
    this.random = Checks.notNull(random, "random");
    return this;
  }

  /** Sets where metrics go. The default is the global instance, or nothing if there is none. */
  public TieredCacheBuilder<K, V> openTelemetry(OpenTelemetry openTelemetry) {
    this.openTelemetry = Checks.notNull(openTelemetry, "openTelemetry");
    return this;
  }

  /**
   * Returns the cache. Does not wait for Redis.
   *
   * @param loader reads from the source
   * @throws IllegalStateException if settings do not agree
   */
  public TieredCache<K, V> build(Loader<K, V> loader) {
    Checks.notNull(loader, "loader");
    if (negativeTtl != null && cachesNegatives) {
      Checks.agreement(
          negativeTtl.compareTo(ttl) <= 0,
          "negativeTtl (" + negativeTtl + ") must not be longer than ttl (" + ttl + ")");
    }
    if (local != null && local.ttl != null) {
      Checks.agreement(
          local.ttl.compareTo(ttl) <= 0,
          "local.ttl (" + local.ttl + ") must not be longer than ttl (" + ttl + ")");
    }
    return new TieredCache<>(this, loader);
  }

  Duration negativeTtl() {
    if (negativeTtl != null) {
      return negativeTtl;
    }
    return NEGATIVE.compareTo(ttl) < 0 ? NEGATIVE : ttl;
  }

  /** What {@code update} does when Redis cannot be told that a write begins. */
  public enum WhenRedisFails {
    /**
     * Throws {@link InvalidationFailedException} before the write: the source stays as it is, and
     * nothing in the cache becomes stale.
     */
    REFUSE_UPDATES,

    /**
     * Writes without a fence, and throws {@link InvalidationFailedException} afterwards if the
     * invalidation could not be delivered either.
     */
    WRITE_UNFENCED
  }
}
