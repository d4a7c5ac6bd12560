package dev.scaling.resilience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import dev.scaling.core.redis.Redis;
import dev.scaling.testkit.LogCapture;
import dev.scaling.testkit.RedisExtension;
import dev.scaling.testkit.VirtualTime;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.redisson.Redisson;
import org.redisson.api.RedissonClient;
import org.redisson.config.Config;

/** A shared budget on a cluster, and across a failover: what one puts in, another takes out. */
@Timeout(180)
final class SharedBudgetTopologyIT {

  @RegisterExtension
  static final RedisExtension cluster = RedisExtension.cluster(3, 0);

  @RegisterExtension
  static final RedisExtension pair = RedisExtension.primaryWithReplica();

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final VirtualTime time = new VirtualTime();

  @Test
  void budgetsOnAllMastersOfACluster_areShared() {
    var config = new Config();
    config.useClusterServers().addNodeAddress(cluster.addresses().toArray(String[]::new));
    RedissonClient client = Redisson.create(config);
    try (var port = Redis.over(client)) {
      for (int i = 0; i < 20; i++) {
        String name = "budget-" + i;
        var redis = new CountedRedis(port);
        leave(budget(name, redis), redis);

        try (var other = budget(name, redis)) {
          ask(other);
          await().atMost(PATIENCE).until(redis::isQuiet);
          assertThat(other.balance()).as(name).isEqualTo(2.5, within(1e-6));
        }
      }
      assertThat(cluster.servers())
          .allSatisfy(server -> assertThat((Long) server.command("DBSIZE")).isPositive());
    } finally {
      client.shutdown();
    }
  }

  /** What the replica has heard of is there, once; who is there goes on with the new primary. */
  @Test
  void failover_keepsWhatIsInThePool() {
    var config = new Config();
    config
        .useReplicatedServers()
        .setScanInterval(500)
        .addNodeAddress(pair.addresses().toArray(String[]::new));
    RedissonClient client = Redisson.create(config);
    try (var log = new LogCapture(RetryBudget.class);
        var port = Redis.over(client)) {
      var redis = new CountedRedis(port);
      leave(budget("orders", redis), redis);
      await()
          .atMost(PATIENCE)
          .until(() -> "2500000"
              .equals(
                  pair.servers().get(1).command("HGET", "scaling:orders:t:1:{orders}", "tokens")));
      var other = budget("orders", redis);

      pair.topology().failover();

      await().atMost(PATIENCE).until(() -> {
        ask(other);
        return other.balance() > 0;
      });
      assertThat(other.balance()).isEqualTo(2.5, within(1e-6));
      assertThat(log.lines()).allMatch(line -> line.contains("Redis"));
    } finally {
      client.shutdown();
    }
  }

  /** Earns a share, and leaves it behind. */
  private static void leave(RetryBudget budget, CountedRedis redis) {
    for (int i = 0; i < 25; i++) {
      budget.begin();
      budget.end(/* isFirstSuccess= */ true);
    }
    budget.close();
    await().atMost(PATIENCE).until(redis::isQuiet);
    assertThat(redis.answered).hasPositiveValue();
  }

  private void ask(RetryBudget budget) {
    time.advance(Duration.ofMillis(100));
    for (int i = 0; i < Draws.ASKED; i++) {
      budget.tryWithdraw(10); // more than a share, so that it stays whole
    }
  }

  private RetryBudget budget(String name, CountedRedis redis) {
    return RetryBudget.builder(name)
        .shared(redis.redis())
        .redisTimeout(Duration.ofSeconds(1))
        .time(time)
        .build();
  }
}
