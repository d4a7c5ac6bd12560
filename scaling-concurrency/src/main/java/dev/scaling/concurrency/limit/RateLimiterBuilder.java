package dev.scaling.concurrency.limit;

import dev.scaling.core.Time;
import dev.scaling.core.internal.Checks;
import dev.scaling.core.redis.Redis;
import io.opentelemetry.api.OpenTelemetry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Configures a {@link RateLimiter}. Not safe for use by many threads. */
public final class RateLimiterBuilder {

  private static final int MOST_LIMITS = 8;

  final String name;
  final @Nullable Redis redis;
  final List<String> names = new ArrayList<>();
  final List<RateLimit> limits = new ArrayList<>();
  Scripts scripts = Scripts.SHIPPED;
  String prefix = "scaling";
  WhenRedisFails whenRedisFails = WhenRedisFails.LOCAL_SHARE;
  Duration redisTimeout = Duration.ofMillis(100);
  Duration longestWait = Duration.ofMinutes(1);
  int maximumKeys = 100_000;
  Time time = Time.system();
  RandomGenerator random = () -> ThreadLocalRandom.current().nextLong();

  RateLimiter.@Nullable Parent parent;

  @Nullable
  Allotment allotment;

  @Nullable
  Executor executor;

  @Nullable
  OpenTelemetry openTelemetry;

  RateLimiterBuilder(String name, @Nullable Redis redis) {
    this.name = Checks.name("name", name);
    this.redis = redis;
  }

  /**
   * Adds a limit. A call is granted if all limits grant it. At least one is needed, and 8 are the
   * most. Limits are known by their names: one whose numbers change takes along what was taken, and
   * no key starts anew.
   *
   * @param name 1 to 64 letters, digits, dots, dashes and underscores; stands in decisions and in
   *     HTTP headers
   */
  public RateLimiterBuilder limit(String name, RateLimit limit) {
    Checks.name("limit", name);
    Checks.notNull(limit, "limit");
    Checks.argument(!names.contains(name), "limit must not be added twice: %s", name);
    Checks.range("limits", names.size() + 1L, 1, MOST_LIMITS);
    names.add(name);
    limits.add(limit);
    return this;
  }

  /**
   * Lets instances take permits in advance, so that most calls of a busy key need no round trip.
   * The default is that each call asks Redis, which is exact. Has no effect without Redis.
   */
  public RateLimiterBuilder allotment(Allotment allotment) {
    this.allotment = Checks.notNull(allotment, "allotment");
    return this;
  }

  /**
   * Puts this limiter within another: a call takes permits of both, or of none. What this one is
   * known to refuse asks nobody. Else the other one is asked first, and gets its permits back if
   * this one refuses: from an allotment always while that lasts; from a script only if nobody has
   * taken permits of that key since. With allotments on the outer limiter a call mostly costs no
   * round trip more; without, one.
   *
   * <p>A limiter within another has {@code tryAcquire} and {@code tryAcquireAsync} alone:
   * {@code acquire}, {@code reserve}, {@code reserveAsync} and {@code tryAcquireUpTo} throw an
   * {@link IllegalStateException}. What the outer one refuses is counted there alone.
   *
   * @param outer such as the limiter of a whole service, around those of its tenants
   * @param key the key to take from there
   */
  public RateLimiterBuilder within(RateLimiter outer, String key) {
    parent = new RateLimiter.Parent(Checks.notNull(outer, "outer"), Checks.notNull(key, "key"));
    return this;
  }

  /** Sets what decides while Redis is away. The default is {@link WhenRedisFails#LOCAL_SHARE}. */
  public RateLimiterBuilder whenRedisFails(WhenRedisFails whenRedisFails) {
    this.whenRedisFails = Checks.notNull(whenRedisFails, "whenRedisFails");
    return this;
  }

  /**
   * Sets how long a call waits for Redis, from 1 millisecond to 1 minute. The default is 100
   * milliseconds. While Redis hangs, those calls wait as long that were made before the first one
   * failed, and then one call in 50 to 100 milliseconds, which looks whether Redis is back. If
   * connections are refused, that one fails at once.
   */
  public RateLimiterBuilder redisTimeout(Duration redisTimeout) {
    this.redisTimeout =
        Checks.duration("redisTimeout", redisTimeout, Duration.ofMillis(1), Duration.ofMinutes(1));
    return this;
  }

  /**
   * Sets the longest time that calls may wait for permits, from zero to 1 day. The default is 1
   * minute. It is also how far a server's clock that was set back can hold up a key, beside the
   * time to refill a burst.
   */
  public RateLimiterBuilder longestWait(Duration longestWait) {
    this.longestWait =
        Checks.duration("longestWait", longestWait, Duration.ZERO, Duration.ofDays(1));
    return this;
  }

  /**
   * Sets of how many keys this instance remembers something, from 1 to 10,000,000. The default is
   * 100,000. Calls of further keys each ask Redis; those for which somebody waits in a reservation
   * are remembered besides. Without Redis, as of {@link RateLimiter#local} or while Redis is away,
   * all further keys share one set of limits: a key whose burst is full again makes room, but no
   * other is forgotten for a new one, which would let it exceed its limits. What is granted while
   * Redis is away is taken there afterwards for as many further keys, and not beyond those.
   */
  public RateLimiterBuilder maximumKeys(int maximumKeys) {
    this.maximumKeys = (int) Checks.range("maximumKeys", maximumKeys, 1, 10_000_000);
    return this;
  }

  /**
   * Sets what the names of keys in Redis begin with. The default is {@code scaling}.
   *
   * @param prefix 1 to 64 letters, digits, dots, dashes and underscores
   */
  public RateLimiterBuilder prefix(String prefix) {
    this.prefix = Checks.name("prefix", prefix);
    return this;
  }

  /**
   * Sets where asynchronous calls complete. The default is a virtual thread a call, or before JDK
   * 21 a daemon thread of a pool.
   */
  public RateLimiterBuilder executor(Executor executor) {
    this.executor = Checks.notNull(executor, "executor");
    return this;
  }

  /** Sets the source of time. The default is {@link Time#system()}. */
  public RateLimiterBuilder time(Time time) {
    this.time = Checks.notNull(time, "time");
    return this;
  }

  /** Sets what jitter is drawn from; used by many threads. The default is the thread's own. */
  public RateLimiterBuilder random(RandomGenerator random) {
    this.random = Checks.notNull(random, "random");
    return this;
  }

  /** Sets where metrics go. The default is the global instance, or nothing if there is none. */
  public RateLimiterBuilder openTelemetry(OpenTelemetry openTelemetry) {
    this.openTelemetry = Checks.notNull(openTelemetry, "openTelemetry");
    return this;
  }

  /**
   * Returns the limiter. Does not wait for Redis.
   *
   * @throws IllegalStateException if no limit was added
   */
  public RateLimiter build() {
    Checks.agreement(!limits.isEmpty(), name + ": at least one limit is needed");
    return new RateLimiter(this);
  }

  /**
   * Returns the limits as Redis keeps them: what strict allotments take off the burst is missing.
   */
  List<RateLimit> kept() {
    var ahead = allotment;
    if (redis == null || ahead == null || !ahead.isStrict()) {
      return List.copyOf(limits);
    }
    List<RateLimit> kept = new ArrayList<>();
    for (int i = 0; i < limits.size(); i++) {
      var limit = limits.get(i);
      double excess =
          (double) ahead.life().toNanos() * limit.permits() / limit.period().toNanos();
      long burst = limit.burst() - (long) Math.ceil(excess);
      Checks.agreement(
          burst >= 1,
          name
              + ": strict allotments for "
              + ahead.horizon()
              + " need a burst above "
              + (long) Math.ceil(excess)
              + " of limit "
              + names.get(i)
              + ": "
              + limit.burst());
      kept.add(limit.withBurst(burst));
    }
    return kept;
  }

  /** For tests: scripts that take the time from somewhere else. */
  RateLimiterBuilder scripts(Scripts scripts) {
    this.scripts = scripts;
    return this;
  }

  /** What decides while Redis is away. */
  public enum WhenRedisFails {
    /**
     * Each instance grants its share: the limits divided by the instances that were alive. All
     * together grant what the limits say, but for bursts smaller than the number of instances, of
     * which each instance has at least 1. What was granted is taken in Redis once it answers.
     *
     * <p>Each outage begins with what the share has refilled since the last one, up to its whole
     * burst. Instances that came within the last 15 seconds may be unknown to others, and one that
     * starts while Redis is away knows of none but itself: then more is granted.
     */
    LOCAL_SHARE,
    /** Everything is granted, and taken in Redis once it answers, as far as it is there. */
    FAIL_OPEN,
    /** Nothing is granted; {@code retryAfter} is 100 milliseconds for as long as that lasts. */
    FAIL_CLOSED
  }
}
