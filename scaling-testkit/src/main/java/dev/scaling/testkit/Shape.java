package dev.scaling.testkit;

import java.util.List;

/** How the servers of a topology are tied together. */
interface Shape {

  /** Returns the options that each server is started with, besides the usual ones. */
  List<String> arguments();

  /** Ties new servers together, and returns once they work as one. */
  void form(List<RedisServer> servers);

  /** Undoes the faults that were made. */
  void mend(List<RedisServer> servers);

  /** Returns the servers that take writes, as the topology was formed. */
  List<RedisServer> masters(List<RedisServer> servers);

  /**
   * Kills the first master and returns its replica, once that takes writes.
   *
   * @throws IllegalStateException if it has none
   */
  RedisServer failover(List<RedisServer> servers);

  /** Starts anew what a fault has touched: roles that moved do not move back by themselves. */
  default void reform(List<RedisServer> servers) {
    if (servers.stream().anyMatch(RedisServer::isDisturbed)) {
      servers.forEach(RedisServer::recreate);
      form(servers);
    }
  }

  /** Servers that do not know one another. */
  record Independent() implements Shape {

    @Override
    public List<String> arguments() {
      return List.of();
    }

    @Override
    public void form(List<RedisServer> servers) {}

    @Override
    public void mend(List<RedisServer> servers) {
      servers.forEach(RedisServer::mend);
    }

    @Override
    public List<RedisServer> masters(List<RedisServer> servers) {
      return servers;
    }

    @Override
    public RedisServer failover(List<RedisServer> servers) {
      throw new IllegalStateException("a server without a replica cannot fail over");
    }
  }
}
