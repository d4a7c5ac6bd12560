package dev.scaling.testkit;

import dev.scaling.core.internal.Checks;

/**
 * Starts real Redis servers for tests.
 *
 * <p>Where they come from is chosen once per JVM, and logged. The first of these that is there:
 *
 * <ol>
 *   <li>{@code SCALING_REDIS_URLS}: servers that exist, such as
 *       {@code redis://host:6379,redis://:password@host:6380}. Tests <b>empty them</b>, and neither
 *       tie them together nor make them fail: tests that need that are reported as skipped, with
 *       the reason.
 *   <li>{@code SCALING_REDIS_BINARY}: the path of a server's executable file.
 *   <li>The static Redis 7.0.15 in {@code org.signal:embedded-redis}, which comes with this module;
 *       Linux and macOS.
 *   <li>{@code redis-server} or {@code valkey-server} on {@code PATH}.
 *   <li>Containers, if {@code org.testcontainers:testcontainers} is on the class path and the
 *       Docker engine of {@code DOCKER_HOST} answers. The image is that of
 *       {@code SCALING_REDIS_IMAGE}, by default {@code redis:7.2-alpine}. They share the network of
 *       the host, so the engine must be on this machine.
 * </ol>
 *
 * <p>{@code SCALING_REDIS_MODE=process} leaves out the containers, {@code docker} leaves out the
 * processes. Each variable can also be given as a system property, in lower case and with dots:
 * {@code scaling.redis.mode}.
 *
 * <p>Servers of our own listen on the loopback interface alone, on free ports below 32768, keep
 * nothing on disk, and end when they are closed or when this JVM ends, in whatever way.
 *
 * <p>In JUnit, {@link RedisExtension} does the starting and closing.
 */
public final class RedisServers {

  private RedisServers() {}

  /** Starts a server. Takes some ten milliseconds. */
  public static RedisServer single() {
    return masters(1).servers().get(0);
  }

  /**
   * Starts servers that do not know one another.
   *
   * @param count from 1 to 20
   */
  public static RedisTopology masters(int count) {
    Checks.range("count", count, 1, 20);
    return RedisSource.ofThisJvm().topology(count, new Shape.Independent());
  }

  /**
   * Starts a Redis Cluster whose nodes suspect one another after a second, and returns once all of
   * them call it whole. Takes about two seconds.
   *
   * @param masters from 3 to 20
   * @param replicasPerMaster from 0 to 2; without any, a killed master's slots are gone
   */
  public static RedisTopology cluster(int masters, int replicasPerMaster) {
    var shape = new ClusterShape(masters, replicasPerMaster);
    return RedisSource.ofThisJvm().topology(shape.size(), shape);
  }

  /**
   * Starts a primary and a replica of it, and returns once the replica is linked. No Sentinel
   * watches over them: {@link RedisTopology#failover} promotes the replica.
   */
  public static RedisTopology primaryWithReplica() {
    return RedisSource.ofThisJvm().topology(2, new ReplicaShape());
  }
}
