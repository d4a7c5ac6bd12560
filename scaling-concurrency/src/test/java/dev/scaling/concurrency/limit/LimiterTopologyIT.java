package dev.scaling.concurrency.limit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.scaling.concurrency.limit.Decision.Source;
import dev.scaling.core.redis.Redis;
import dev.scaling.testkit.RedisExtension;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.redisson.Redisson;
import org.redisson.api.RedissonClient;
import org.redisson.config.Config;

/** The limiter on a cluster, and across a failover. */
@Timeout(180)
final class LimiterTopologyIT {

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @RegisterExtension
  static final RedisExtension cluster = RedisExtension.cluster(3, 0);

  @RegisterExtension
  static final RedisExtension pair = RedisExtension.primaryWithReplica();

  @Test
  void keysOnAllMastersOfACluster_haveTheirLimits() {
    var config = new Config();
    config
        .useClusterServers()
        .addNodeAddress(cluster.addresses().toArray(String[]::new))
        .setScanInterval(500);
    RedissonClient client = Redisson.create(config);
    try (var redis = Redis.over(client);
        var limiter = limiter(redis)) {
      for (int key = 0; key < 50; key++) {
        assertThat(limiter.tryAcquireUpTo("key" + key, 100).permits()).isEqualTo(10);
        assertThat(limiter.tryAcquire("key" + key).isPermitted()).isFalse();
      }
    } finally {
      client.shutdown();
    }
  }

  /** What the replica has heard of stays taken; its clock is another server's. */
  @Test
  void failover_keepsWhatWasTaken() {
    try (var redis = Redis.connect(pair.address());
        var limiter = limiter(redis)) {
      redis.ready(PATIENCE).join();
      assertThat(limiter.tryAcquireUpTo("a", 7).permits()).isEqualTo(7);
      await()
          .atMost(PATIENCE)
          .until(() -> Long.valueOf(1)
              .equals(pair.servers().get(1).command("EXISTS", "scaling:topology:r:1:{a}")));

      var promoted = pair.topology().failover();

      try (var other = Redis.connect(promoted.address());
          var after = limiter(other)) {
        other.ready(PATIENCE).join();
        var decision = after.tryAcquireUpTo("a", 100);
        assertThat(decision.source()).isEqualTo(Source.STORE);
        assertThat(decision.permits()).isEqualTo(3);
      }
    }
  }

  private static RateLimiter limiter(Redis redis) {
    return RateLimiter.builder("topology", redis)
        .limit("api", RateLimit.of(10, Duration.ofHours(1)))
        .redisTimeout(PATIENCE)
        .build();
  }
}
