package dev.scaling.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(90)
final class RedisTopologyIT {

  @Test
  void masters_doNotKnowOneAnother() {
    try (var topology = RedisServers.masters(3)) {
      topology.servers().get(0).command("SET", "key", "value");

      assertThat(topology.addresses()).hasSize(3).doesNotHaveDuplicates();
      assertThat(topology.servers().get(1).command("GET", "key")).isNull();
      assertThatIllegalStateException().isThrownBy(topology::failover);
    }
  }

  @Test
  void cluster_isWhole_andServesEverySlot() {
    try (var cluster = RedisServers.cluster(3, 0)) {
      for (RedisServer server : cluster.servers()) {
        assertThat(server.command("CLUSTER", "INFO")).asString().contains("cluster_state:ok");
      }
      for (int i = 0; i < 30; i++) {
        String key = "key" + i;
        int slot = Integer.parseInt(
            String.valueOf(cluster.servers().get(0).command("CLUSTER", "KEYSLOT", key)));
        assertThat(cluster.servers().get(slot * 3 / 16_384).command("SET", key, "value"))
            .isEqualTo("OK");
      }
    }
  }

  @Test
  void cluster_failsOver_andIsWholeAgainOnTheSamePortsOnceMended() {
    try (var cluster = RedisServers.cluster(3, 1)) {
      var addresses = cluster.addresses();
      var master = cluster.servers().get(0);
      String key = keyOf(master);
      master.command("SET", key, "value");
      assertThat(master.command("WAIT", "1", "5000")).isEqualTo(1L);

      RedisServer promoted = cluster.failover();
      assertThat(promoted).isSameAs(cluster.servers().get(3));
      assertThat(promoted.command("GET", key)).isEqualTo("value");

      cluster.mend();
      assertThat(cluster.addresses()).isEqualTo(addresses);
      assertThat(master.command("SET", key, "again")).isEqualTo("OK");
      assertThat(master.info("replication")).contains("role:master", "connected_slaves:1");
    }
  }

  @Test
  void pair_failsOver_andIsAPairAgainOnceMended() {
    try (var pair = RedisServers.primaryWithReplica()) {
      var primary = pair.servers().get(0);
      var replica = pair.servers().get(1);
      primary.command("SET", "key", "value");
      await().until(() -> "value".equals(replica.command("GET", "key")));
      assertThatIllegalStateException()
          .isThrownBy(() -> replica.command("SET", "key", "other"))
          .withMessageStartingWith("READONLY");

      assertThat(pair.failover()).isSameAs(replica);
      assertThat(replica.command("SET", "key", "other")).isEqualTo("OK");

      pair.mend();
      assertThat(primary.command("DBSIZE")).isEqualTo(0L);
      assertThat(replica.info("replication")).contains("role:slave", "master_link_status:up");
    }
  }

  @Test
  void sizes_areChecked() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RedisServers.cluster(2, 0))
        .withMessage("masters must be in [3, 20]: 2");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RedisServers.cluster(3, 3))
        .withMessage("replicasPerMaster must be in [0, 2]: 3");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RedisServers.masters(0))
        .withMessage("count must be in [1, 20]: 0");
  }

  /** Finds a key that the first master of three serves: its slots are those below 5461. */
  private static String keyOf(RedisServer master) {
    for (int i = 0; ; i++) {
      String slot = String.valueOf(master.command("CLUSTER", "KEYSLOT", "key" + i));
      if (Integer.parseInt(slot) < 5_461) {
        return "key" + i;
      }
    }
  }
}
