package dev.scaling.locks;

import dev.scaling.core.Time;
import dev.scaling.core.internal.Checks;
import dev.scaling.core.redis.Redis;
import dev.scaling.locks.Lease.LossReason;
import io.opentelemetry.api.OpenTelemetry;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Configures a {@link LockService}. Not safe for use by many threads. */
public final class LockServiceBuilder {

  private static final int MOST_NODES = 9;

  final String name;
  final Map<String, Redis> nodes = new LinkedHashMap<>();
  Scripts scripts = Scripts.SHIPPED;
  Supplier<String> unique = () -> UUID.randomUUID().toString().replace("-", "");
  String prefix = "scaling";
  String instance = "instance";
  Duration lease = Duration.ofSeconds(10);
  Duration nodeTimeout = Duration.ofMillis(250);
  Duration maxHold = Duration.ofMinutes(10);
  boolean quarantined = true;
  int localHandOvers;
  Duration handOverTime = Duration.ofMillis(5);
  Time time = Time.system();
  RandomGenerator random = () -> ThreadLocalRandom.current().nextLong();

  @Nullable
  Executor executor;

  @Nullable
  OpenTelemetry openTelemetry;

  LockServiceBuilder(String name) {
    this.name = Checks.name("name", name);
  }

  /**
   * Adds a Redis master; one, or an odd number of them up to 9 that fail independently of each
   * other. All instances must have the same ones, in any order. A master with replicas will do, if
   * its failover is rare: after it the node grants nothing for as long as a lease lasts. The
   * service does not close it.
   *
   * @param node names the node in messages: 1 to 64 letters, digits, dots, dashes and underscores
   * @throws IllegalArgumentException if there is a node of that name
   */
  public LockServiceBuilder node(String node, Redis redis) {
    Checks.name("node", node);
    Checks.notNull(redis, "redis");
    Checks.argument(!nodes.containsKey(node), "node must have a name of its own: %s", node);
    nodes.put(node, redis);
    return this;
  }

  /**
   * Sets how long a lease lasts if it is not renewed, from 50 milliseconds to 1 hour. The default
   * is 10 seconds. It is renewed when a third of it has passed. A longer one bears longer pauses
   * and outages; a shorter one brings back sooner what a dead instance held, and a node that lost
   * its memory.
   */
  public LockServiceBuilder lease(Duration lease) {
    this.lease = Checks.duration("lease", lease, Duration.ofMillis(50), Duration.ofHours(1));
    return this;
  }

  /**
   * Sets how long a call waits for a node, from 1 millisecond to 1 minute. The default is 250
   * milliseconds. At most a fifth of the lease, so that there is time to try a renewal again.
   */
  public LockServiceBuilder nodeTimeout(Duration nodeTimeout) {
    this.nodeTimeout =
        Checks.duration("nodeTimeout", nodeTimeout, Duration.ofMillis(1), Duration.ofMinutes(1));
    return this;
  }

  /**
   * Sets for how long a lease is renewed at most, from 50 milliseconds to 365 days. The default is
   * 10 minutes. Then it ends, as {@link LossReason#HELD_TOO_LONG}: work that hangs must not keep a
   * lock for ever.
   */
  public LockServiceBuilder maxHold(Duration maxHold) {
    this.maxHold = Checks.duration("maxHold", maxHold, Duration.ofMillis(50), Duration.ofDays(365));
    return this;
  }

  /**
   * Sets whether a node that has no memory, or another one than it had, grants nothing for as long
   * as the longest lease. The default is {@code true}. Without it what a node forgets is a second
   * holder of a lock; for tests, and for nodes that write each command to a disk before they
   * answer.
   */
  public LockServiceBuilder quarantined(boolean quarantined) {
    this.quarantined = quarantined;
    return this;
  }

  /**
   * Sets how often a lease that is given back may be handed on at once to another caller of this
   * instance who waits for the lock, without a word to the nodes, from 0 to 1,000. The default is
   * 0: after each lease the nodes decide who is next. Instances may differ in it.
   *
   * <p>For a lock that many callers of each instance want for a short time. It ends 5 milliseconds
   * after the instance got the lock, so that others wait for at most that, and for one hold, at
   * each turn of this instance; and when half of the lease has passed.
   *
   * <p>The price: for a caller who came when the instance had the lock, or was about to get it, no
   * quorum says anew that nobody else had it since. That its {@link Lease#fencingToken} is greater
   * than that of each lease that ended before it was asked for rests on clocks then, just as
   * {@link Lease#isValid} does. It is unique in any case.
   */
  public LockServiceBuilder localHandOvers(int most) {
    localHandOvers = (int) Checks.range("localHandOvers", most, 0, 1_000);
    return this;
  }

  /**
   * Sets the name of this instance, which callers of other instances are told when it has a lock.
   * The default is {@code instance}. It need not be unique.
   *
   * @param instance 1 to 64 letters, digits, dots, dashes and underscores
   */
  public LockServiceBuilder instance(String instance) {
    this.instance = Checks.name("instance", instance);
    return this;
  }

  /**
   * Sets what the names of keys and channels in Redis begin with. The default is {@code scaling}.
   *
   * @param prefix 1 to 64 letters, digits, dots, dashes and underscores
   */
  public LockServiceBuilder prefix(String prefix) {
    this.prefix = Checks.name("prefix", prefix);
    return this;
  }

  /**
   * Sets where futures complete and callbacks run. The default is a virtual thread each, or before
   * JDK 21 a daemon thread of a pool.
   */
  public LockServiceBuilder executor(Executor executor) {
    this.executor = Checks.notNull(executor, "executor");
    return this;
  }

  /** Sets the source of time. The default is {@link Time#system()}. */
  public LockServiceBuilder time(Time time) {
    this.time = Checks.notNull(time, "time");
    return this;
  }

  /** Sets what jitter is drawn from; used by many threads. The default is the thread's own. */
  public LockServiceBuilder random(RandomGenerator random) {
    this.random = Checks.notNull(random, "random");
    return this;
  }

  /** Sets where telemetry goes. The default is the global instance, or nothing if there is none. */
  public LockServiceBuilder openTelemetry(OpenTelemetry openTelemetry) {
    this.openTelemetry = Checks.notNull(openTelemetry, "openTelemetry");
    return this;
  }

  /**
   * Returns the service, and asks the nodes in the background how they stand. Does not wait for
   * Redis; {@link LockService#ready} does.
   *
   * @throws IllegalStateException if there is no node, or their number is even or more than 9, or
   *     {@code nodeTimeout} is more than a fifth of the lease
   */
  public LockService build() {
    Checks.agreement(
        nodes.size() % 2 == 1 && nodes.size() <= MOST_NODES,
        name + ": the number of nodes must be odd, from 1 to 9: " + nodes.size());
    Checks.agreement(
        nodeTimeout.multipliedBy(5).compareTo(lease) <= 0,
        name + ": nodeTimeout must be at most a fifth of the lease: " + nodeTimeout + " of "
            + lease);
    return new LockService(this);
  }

  /** For tests: what makes the ids of instances unique, so that a run can be repeated. */
  LockServiceBuilder unique(Supplier<String> unique) {
    this.unique = unique;
    return this;
  }

  /** For tests: for how long a lease is handed on here. */
  LockServiceBuilder handOverTime(Duration handOverTime) {
    this.handOverTime = handOverTime;
    return this;
  }

  /** For tests: scripts that take the time from somewhere else. */
  LockServiceBuilder scripts(Scripts scripts) {
    this.scripts = scripts;
    return this;
  }
}
