package dev.scaling.locks.fencing;

import dev.scaling.core.internal.Checks;
import dev.scaling.core.redis.Redis;
import java.time.Duration;

/** Configures a {@link RedisFenceGuard}. Not safe for use by many threads. */
public final class RedisFenceGuardBuilder {

  static final Duration LEAST_RETENTION = Duration.ofSeconds(1);
  static final Duration MOST_RETENTION = Duration.ofDays(366);

  final String name;
  final Redis redis;
  String prefix = "scaling";
  Duration retention = Duration.ofDays(1);
  Duration redisTimeout = Duration.ofMillis(250);

  RedisFenceGuardBuilder(String name, Redis redis) {
    this.name = Checks.name("name", name);
    this.redis = Checks.notNull(redis, "redis");
  }

  /**
   * Sets for how long a token is kept after the last check of its resource, accepted or refused,
   * from 1 second to 366 days. The default is 1 day. A holder that comes back after more than that,
   * while nobody else has asked, is not recognized as an old one: so it must be more than a process
   * may be paused, or a write delayed on its way. Each resource costs its name and about 100 bytes
   * of Redis for as long. Give all instances the same.
   */
  public RedisFenceGuardBuilder retention(Duration retention) {
    this.retention = Checks.duration("retention", retention, LEAST_RETENTION, MOST_RETENTION);
    return this;
  }

  /**
   * Sets how long a call waits for Redis, from 1 millisecond to 1 minute. The default is 250
   * milliseconds.
   */
  public RedisFenceGuardBuilder redisTimeout(Duration redisTimeout) {
    this.redisTimeout =
        Checks.duration("redisTimeout", redisTimeout, Duration.ofMillis(1), Duration.ofMinutes(1));
    return this;
  }

  /**
   * Sets what the names of keys in Redis begin with. The default is {@code scaling}.
   *
   * @param prefix 1 to 64 letters, digits, dots, dashes and underscores
   */
  public RedisFenceGuardBuilder prefix(String prefix) {
    this.prefix = Checks.name("prefix", prefix);
    return this;
  }

  /** Returns the guard. Does not wait for Redis. */
  public RedisFenceGuard build() {
    return new RedisFenceGuard(this);
  }
}
