package dev.scaling.concurrency.semaphore;

import dev.scaling.core.Time;
import dev.scaling.core.internal.Checks;
import dev.scaling.core.redis.LuaScript;
import dev.scaling.core.redis.Redis;
import io.opentelemetry.api.OpenTelemetry;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Configures a {@link DistributedSemaphore}. Not safe for use by many threads. */
public final class DistributedSemaphoreBuilder {

  private static final int MOST_PERMITS = 1_000_000;

  final String name;
  final Redis redis;
  LuaScript script = Scripts.SHIPPED;
  String prefix = "scaling";
  int permits;
  Duration lease = Duration.ofSeconds(10);
  Duration redisTimeout = Duration.ofMillis(250);
  Time time = Time.system();
  RandomGenerator random = () -> ThreadLocalRandom.current().nextLong();

  @Nullable
  Executor executor;

  @Nullable
  OpenTelemetry openTelemetry;

  DistributedSemaphoreBuilder(String name, Redis redis) {
    this.name = Checks.name("name", name);
    this.redis = redis;
  }

  /**
   * Sets how many permits there are, from 1 to 1,000,000. There is no default. Give all instances
   * the same number; one that is lowered takes effect as permits are closed.
   */
  public DistributedSemaphoreBuilder permits(int permits) {
    this.permits = (int) Checks.range("permits", permits, 1, MOST_PERMITS);
    return this;
  }

  /**
   * Sets for how long permits stay with an instance that Redis does not hear of, from 100
   * milliseconds to 1 hour. The default is 10 seconds. A longer one bears longer pauses and
   * outages; a shorter one brings back sooner what a dead instance held.
   */
  public DistributedSemaphoreBuilder lease(Duration lease) {
    this.lease = Checks.duration("lease", lease, Duration.ofMillis(100), Duration.ofHours(1));
    return this;
  }

  /**
   * Sets how long a call waits for Redis, from 1 millisecond to 1 minute. The default is 250
   * milliseconds. At most a third of the lease, so that there is time for a second attempt.
   */
  public DistributedSemaphoreBuilder redisTimeout(Duration redisTimeout) {
    this.redisTimeout =
        Checks.duration("redisTimeout", redisTimeout, Duration.ofMillis(1), Duration.ofMinutes(1));
    return this;
  }

  /**
   * Sets what the names of keys and channels in Redis begin with. The default is {@code scaling}.
   *
   * @param prefix 1 to 64 letters, digits, dots, dashes and underscores
   */
  public DistributedSemaphoreBuilder prefix(String prefix) {
    this.prefix = Checks.name("prefix", prefix);
    return this;
  }

  /**
   * Sets where futures complete. The default is a virtual thread each, or before JDK 21 a daemon
   * thread of a pool.
   */
  public DistributedSemaphoreBuilder executor(Executor executor) {
    this.executor = Checks.notNull(executor, "executor");
    return this;
  }

  /** Sets the source of time. The default is {@link Time#system()}. */
  public DistributedSemaphoreBuilder time(Time time) {
    this.time = Checks.notNull(time, "time");
    return this;
  }

  /** Sets what jitter is drawn from; used by many threads. The default is the thread's own. */
  public DistributedSemaphoreBuilder random(RandomGenerator random) {
    this.random = Checks.notNull(random, "random");
    return this;
  }

  /** Sets where metrics go. The default is the global instance, or nothing if there is none. */
  public DistributedSemaphoreBuilder openTelemetry(OpenTelemetry openTelemetry) {
    this.openTelemetry = Checks.notNull(openTelemetry, "openTelemetry");
    return this;
  }

  /**
   * Returns the semaphore. Does not wait for Redis.
   *
   * @throws IllegalStateException if {@code permits} was not set, or {@code redisTimeout} is more
   *     than a third of the lease
   */
  public DistributedSemaphore build() {
    Checks.agreement(permits > 0, name + ": permits must be set");
    Checks.agreement(
        redisTimeout.multipliedBy(3).compareTo(lease) <= 0,
        name + ": redisTimeout must be at most a third of the lease: " + redisTimeout + " of "
            + lease);
    return new DistributedSemaphore(this);
  }

  /** For tests: a script that takes the time from somewhere else. */
  DistributedSemaphoreBuilder script(LuaScript script) {
    this.script = script;
    return this;
  }
}
