package dev.scaling.core.redis;

import org.redisson.Redisson;
import org.redisson.api.RedissonClient;
import org.redisson.command.CommandAsyncExecutor;
import org.redisson.connection.ConnectionManager;
import org.redisson.connection.MasterSlaveEntry;

/**
 * Where keys live. On a cluster the calls to each master have a pipeline of their own, so that one
 * master that hangs holds up only its own calls.
 */
final class Topology {

  private static final Object ONE_NODE = "one node";
  private static final String PROBE = "scaling:probe";

  private final CommandAsyncExecutor executor;
  private final ConnectionManager connections;
  private final boolean cluster;

  private Topology(CommandAsyncExecutor executor, boolean cluster) {
    this.executor = executor;
    this.connections = executor.getConnectionManager();
    this.cluster = cluster;
  }

  /**
   * Reads the topology of a client.
   *
   * @throws IllegalArgumentException if keys would not have the names on the server that we give
   *     them: a script publishes and compares names itself
   */
  static Topology of(RedissonClient client) {
    if (!(client instanceof Redisson redisson)) {
      throw new IllegalArgumentException(
          "client must come from Redisson.create: " + client.getClass().getName());
    }
    var executor = redisson.getCommandExecutor();
    if (!executor.getServiceManager().getNameMapper().map(PROBE).equals(PROBE)) {
      throw new IllegalArgumentException(
          "client must not have a NameMapper; give the components a prefix instead");
    }
    return new Topology(executor, client.getConfig().isClusterConfig());
  }

  /** Returns what sends commands with this client's own settings. */
  CommandAsyncExecutor executor() {
    return executor;
  }

  int slotOf(String key) {
    return cluster ? connections.calcSlot(key) : 0;
  }

  /** Returns what stands for the master of a key: equal for keys with the same master. */
  Object nodeOf(String key) {
    if (!cluster) {
      return ONE_NODE;
    }
    MasterSlaveEntry entry = connections.getWriteEntry(connections.calcSlot(key));
    return entry == null ? ONE_NODE : entry.getClient().getAddr();
  }
}
