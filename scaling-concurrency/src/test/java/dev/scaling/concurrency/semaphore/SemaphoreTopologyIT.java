package dev.scaling.concurrency.semaphore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.scaling.core.redis.Redis;
import dev.scaling.testkit.RedisExtension;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.redisson.Redisson;
import org.redisson.api.RedissonClient;
import org.redisson.config.Config;

/** The semaphore on a cluster, and across a failover. */
@Timeout(180)
final class SemaphoreTopologyIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.cluster(3, 0);

  @RegisterExtension
  static final RedisExtension pair = RedisExtension.primaryWithReplica();

  private static final Duration LONG = Duration.ofMinutes(2);

  /** Its keys share a slot, and its messages cross the nodes. */
  @Test
  void permit_goesToTheInstanceThatWaits() throws Exception {
    RedissonClient one = client();
    RedissonClient two = client();
    try (var first = semaphore(one, LONG);
        var second = semaphore(two, LONG)) {
      var held = first.acquire(LONG);
      var waiting = second.acquireAsync(LONG);
      await().until(() -> first.snapshot().isContended());
      held.close();

      assertThat(waiting).succeedsWithin(LONG);
      assertThat(waiting.join().fencingToken()).isGreaterThan(held.fencingToken());
      waiting.join().close();
    } finally {
      one.shutdown();
      two.shutdown();
    }
  }

  /** What the replica has heard of stays held; who holds it goes on with the new primary. */
  @Test
  void failover_keepsWhatIsHeld() throws Exception {
    RedissonClient one = clientOfPair();
    RedissonClient two = clientOfPair();
    var lease = Duration.ofSeconds(20); // whose third is the wait for a message that is lost
    try (var first = semaphore(one, lease);
        var second = semaphore(two, lease)) {
      var held = first.acquire(LONG);
      await()
          .until(() -> Long.valueOf(1)
              .equals(pair.servers().get(1).command("EXISTS", "scaling:sem:b:1:{sem}")));

      pair.topology().failover();
      var waiting = second.acquireAsync(LONG);
      await().atMost(LONG).until(() -> first.snapshot().isContended());

      assertThat(waiting).isNotDone();
      assertThat(held.isValid()).isTrue();
      held.close();
      assertThat(waiting).succeedsWithin(LONG);
      assertThat(waiting.join().fencingToken()).isGreaterThan(held.fencingToken());
      waiting.join().close();
    } finally {
      one.shutdown();
      two.shutdown();
    }
  }

  private static RedissonClient client() {
    var config = new Config();
    config.useClusterServers().addNodeAddress(servers.addresses().toArray(String[]::new));
    return Redisson.create(config);
  }

  /** Returns a client that looks for the primary itself, twice a second. */
  private static RedissonClient clientOfPair() {
    var config = new Config();
    config
        .useReplicatedServers()
        .setScanInterval(500)
        .addNodeAddress(pair.addresses().toArray(String[]::new));
    return Redisson.create(config);
  }

  private static DistributedSemaphore semaphore(RedissonClient client, Duration lease) {
    return DistributedSemaphore.builder("sem", Redis.over(client))
        .permits(1)
        .lease(lease)
        .redisTimeout(lease.dividedBy(4))
        .build();
  }
}
