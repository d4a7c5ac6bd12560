package dev.scaling.testkit;

import java.time.Duration;
import java.util.List;

/** A primary, then its replica, without anything that watches over them. */
record ReplicaShape() implements Shape {

  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  @Override
  public List<String> arguments() {
    // Without the delay, five seconds, the primary waits for more replicas before it sends its
    // data.
    return List.of("--repl-diskless-sync-delay", "0");
  }

  @Override
  public void form(List<RedisServer> servers) {
    RedisServer primary = servers.get(0);
    RedisServer replica = servers.get(1);
    replica.command("REPLICAOF", "127.0.0.1", Integer.toString(primary.port()));
    Await.until(
        "link of the replica",
        TIMEOUT,
        () -> replica.info("replication").contains("master_link_status:up")
            && primary.info("replication").contains("state=online"));
  }

  @Override
  public void mend(List<RedisServer> servers) {
    reform(servers);
  }

  @Override
  public List<RedisServer> masters(List<RedisServer> servers) {
    return servers.subList(0, 1);
  }

  @Override
  public RedisServer failover(List<RedisServer> servers) {
    RedisServer replica = servers.get(1);
    servers.get(0).kill();
    replica.command("REPLICAOF", "NO", "ONE");
    return replica;
  }
}
