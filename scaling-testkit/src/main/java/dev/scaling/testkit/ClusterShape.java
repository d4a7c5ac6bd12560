package dev.scaling.testkit;

import dev.scaling.core.internal.Checks;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * A Redis Cluster: its masters, then their first replicas in the same order, then the second ones.
 *
 * @param masters at least 3, or nobody has the majority that a failover needs
 * @param replicasPerMaster from 0 on
 */
record ClusterShape(int masters, int replicasPerMaster) implements Shape {

  private static final int SLOTS = 16_384;
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  ClusterShape {
    Checks.range("masters", masters, 3, 20);
    Checks.range("replicasPerMaster", replicasPerMaster, 0, 2);
  }

  int size() {
    return masters * (1 + replicasPerMaster);
  }

  @Override
  public List<String> arguments() {
    return List.of(
        "--cluster-enabled", "yes",
        "--cluster-node-timeout", "1000",
        "--repl-diskless-sync-delay", "0");
  }

  @Override
  public void form(List<RedisServer> servers) {
    for (int i = 0; i < servers.size(); i++) {
      RedisServer server = servers.get(i);
      // Distinct epochs from the start, or the nodes spend their first second on settling them.
      server.command("CLUSTER", "SET-CONFIG-EPOCH", Integer.toString(i + 1));
      if (i < masters) {
        server.command(addSlots(i));
      }
      if (i > 0) {
        server.command(
            "CLUSTER", "MEET", "127.0.0.1", Integer.toString(servers.get(0).port()));
      }
    }
    String known = "cluster_known_nodes:" + servers.size();
    await("nodes know one another", servers, server -> clusterInfo(server).contains(known));
    for (int i = masters; i < servers.size(); i++) {
      String master = String.valueOf(servers.get(i % masters).command("CLUSTER", "MYID"));
      servers.get(i).command("CLUSTER", "REPLICATE", master);
    }
    await("cluster is whole", servers, ClusterShape::isWhole);
    await(
        "replicas are linked",
        servers.subList(masters, servers.size()),
        server -> server.info("replication").contains("master_link_status:up"));
  }

  @Override
  public void mend(List<RedisServer> servers) {
    reform(servers);
  }

  @Override
  public List<RedisServer> masters(List<RedisServer> servers) {
    return servers.subList(0, masters);
  }

  @Override
  public RedisServer failover(List<RedisServer> servers) {
    Checks.agreement(replicasPerMaster > 0, "a master without a replica cannot fail over");
    List<RedisServer> replicas = new ArrayList<>();
    for (int i = masters; i < servers.size(); i += masters) {
      replicas.add(servers.get(i));
    }
    servers.get(0).kill();
    Predicate<RedisServer> promoted = server -> server.info("replication").contains("role:master");
    Await.until("failover", TIMEOUT, () -> replicas.stream().anyMatch(promoted));
    await("cluster is whole", servers.subList(1, servers.size()), ClusterShape::isWhole);
    return replicas.stream().filter(promoted).findFirst().orElseThrow();
  }

  /** Names each slot, since servers before 7.0 know no {@code ADDSLOTSRANGE}. */
  private String[] addSlots(int master) {
    var command = new ArrayList<>(List.of("CLUSTER", "ADDSLOTS"));
    for (int slot = SLOTS * master / masters; slot < SLOTS * (master + 1) / masters; slot++) {
      command.add(Integer.toString(slot));
    }
    return command.toArray(String[]::new);
  }

  private static boolean isWhole(RedisServer server) {
    String info = clusterInfo(server);
    return info.contains("cluster_state:ok") && info.contains("cluster_slots_ok:" + SLOTS);
  }

  private static String clusterInfo(RedisServer server) {
    return String.valueOf(server.command("CLUSTER", "INFO"));
  }

  private static void await(
      String what, List<RedisServer> servers, Predicate<RedisServer> condition) {
    Await.until(what, TIMEOUT, () -> servers.stream().allMatch(s -> holds(condition, s)));
  }

  private static boolean holds(Predicate<RedisServer> condition, RedisServer server) {
    try {
      return condition.test(server);
    } catch (UncheckedIOException e) {
      return false; // busy, which loaded machines are at times
    }
  }
}
