package dev.scaling.testkit;

import java.util.List;

/**
 * Some real Redis servers that a test uses together: independent masters, a cluster, or a primary
 * with its replica.
 *
 * <p>Use it from one thread, apart from the servers, which are safe for use by many.
 */
public final class RedisTopology implements AutoCloseable {

  private final Shape shape;
  private final List<RedisServer> servers;

  RedisTopology(Shape shape, List<RedisServer> servers) {
    this.shape = shape;
    this.servers = List.copyOf(servers);
  }

  /**
   * Returns all servers: first the masters, then the replicas, the first one that of the first
   * master. The order stays when roles change.
   */
  public List<RedisServer> servers() {
    return servers;
  }

  /** Returns the addresses of all servers, in the order of {@link #servers()}. */
  public List<String> addresses() {
    return servers.stream().map(RedisServer::address).toList();
  }

  /**
   * Kills the first master and returns its replica once that has become a master. In a cluster the
   * others notice and promote it, which takes about two seconds; a lone pair is told to at once.
   * Writes that had not reached the replica are lost, as in any failover of Redis.
   *
   * @throws IllegalStateException if the first master has no replica
   */
  public RedisServer failover() {
    requireFaults();
    return shape.failover(servers);
  }

  /**
   * Undoes the faults: resumes what was paused and starts again, empty, what was killed. A cluster
   * or a pair that was touched is built anew on the same ports, since roles do not move back by
   * themselves; that takes seconds. Returns once everything works.
   */
  public void mend() {
    if (hasFaults()) {
      shape.mend(servers);
    }
  }

  /** Empties every server that takes writes, by one {@code FLUSHALL} each. */
  public void flush() {
    shape.masters(servers).forEach(server -> server.command("FLUSHALL"));
  }

  /**
   * Aborts the test, which is then reported as skipped, with the reason, if the servers are
   * somebody else's: those are never paused, killed or restarted.
   */
  public void requireFaults() {
    servers.forEach(RedisServer::requireFaults);
  }

  /** Ends all servers, unless they are somebody else's. Does nothing the second time. */
  @Override
  public void close() {
    servers.forEach(RedisServer::close);
  }

  @Override
  public String toString() {
    return "RedisTopology" + servers;
  }

  private boolean hasFaults() {
    return servers.stream().anyMatch(RedisServer::isDisturbed);
  }
}
