package dev.scaling.locks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.scaling.core.redis.Redis;
import dev.scaling.locks.Acquisition.Acquired;
import dev.scaling.locks.Acquisition.Unavailable;
import dev.scaling.locks.Lease.LossReason;
import dev.scaling.testkit.RedisExtension;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.redisson.Redisson;
import org.redisson.config.Config;

/** A node that is a primary, and its replica, which takes its place. */
@Tag("processes") // one JDK in CI
@Timeout(180)
final class FailoverIT {

  @RegisterExtension
  static final RedisExtension pair = RedisExtension.primaryWithReplica();

  @RegisterExtension
  static final RedisExtension others = RedisExtension.masters(2);

  private static final Duration LONG = Duration.ofMinutes(2);
  private static final Duration LEASE = Duration.ofSeconds(3);

  private final Services services = new Services();

  @AfterEach
  void close() throws Exception {
    services.close();
    pair.servers().get(1).kill(); // so that the pair is built anew, whatever became of it
  }

  /** It has another run id, whatever it knows: what it may have missed is over by then. */
  @Test
  void onlyNodeThatFailsOver_grantsNothing_forAsLongAsALease() throws Exception {
    var service = services.ready(onPair());
    var lease = service.lock("a").acquire(LONG);
    long before = System.nanoTime();
    pair.topology().failover();

    assertThat(lease.lost().get()).isIn(LossReason.EXPIRED, LossReason.NODES_LOST);
    assertThat(lease.isValid()).isFalse();
    var next = await().atMost(LONG).until(() -> attempt(service), Acquired.class::isInstance);
    assertThat(Duration.ofNanos(System.nanoTime() - before)).isGreaterThan(LEASE);
    assertThat(((Acquired) next).lease().fencingToken()).isGreaterThan(lease.fencingToken());
  }

  @Test
  void oneOfThreeThatFailsOver_isNotMissed_andComesBack() throws Exception {
    var service = services.ready(onThree());
    var lease = service.lock("a").acquire(LONG);
    pair.topology().failover();

    for (int i = 0; i < 3; i++) {
      assertThat(service.lock("b").acquireAsync(LONG).get())
          .isInstanceOfSatisfying(Acquired.class, won -> won.lease().close());
    }
    await().until(() -> service.snapshot().outside().equals(List.of("node-a")));
    await().atMost(LONG).until(() -> service.snapshot().outside().isEmpty());
    assertThat(lease.isValid()).isTrue();
    lease.release().get();
    others.servers().get(0).pause(); // so that it takes the one that failed over
    try (var later = service.lock("a").acquire(LONG)) {
      assertThat(later.fencingToken()).isGreaterThan(lease.fencingToken());
    } finally {
      others.servers().get(0).resume();
    }
  }

  /** The cost: nothing but the tokens tells who is cut off together with the old primary. */
  @Test
  void oldPrimaryThatGoesOn_hasHoldersOfItsOwn_withLesserTokens() throws Exception {
    var cutOff = services.ready(at(pair.addresses().get(0)));
    var old = cutOff.lock("a").acquire(LONG);
    promote();
    var service = services.ready(at(pair.addresses().get(1)));
    var lease = service.lock("a").acquire(LONG);

    assertThat(old.isValid()).isTrue();
    assertThat(lease.fencingToken()).isGreaterThan(old.fencingToken());
  }

  /** The remedy: it takes no writes without a replica. */
  @Test
  void oldPrimaryThatNeedsAReplica_holdsNothing_onceThereIsANewOne() throws Exception {
    pair.server().command("CONFIG", "SET", "min-replicas-to-write", "1");
    var cutOff = services.ready(at(pair.addresses().get(0)));
    var old = cutOff.lock("a").acquire(LONG);
    promote();
    var service = services.ready(at(pair.addresses().get(1)));
    service.lock("a").acquire(LONG);

    assertThat(old.isValid()).isFalse();
    assertThat(cutOff.lock("b").acquireAsync(LONG).get()).isInstanceOf(Unavailable.class);
  }

  /** Makes the replica a primary, while the old one goes on. */
  private static void promote() {
    pair.servers().get(1).command("REPLICAOF", "NO", "ONE");
  }

  private static Acquisition attempt(LockService service) throws Exception {
    return service.lock("a").acquireAsync(Duration.ZERO).get();
  }

  private LockServiceBuilder onPair() throws Exception {
    return settings().node("node-a", pairItself());
  }

  private LockServiceBuilder onThree() throws Exception {
    var builder = onPair();
    for (String address : others.addresses()) {
      builder.node("other-" + others.addresses().indexOf(address), services.redis(address));
    }
    return builder;
  }

  private LockServiceBuilder at(String address) throws Exception {
    return settings().node("node-a", services.redis(address));
  }

  private static LockServiceBuilder settings() {
    return LockService.builder("test").lease(LEASE).nodeTimeout(LEASE.dividedBy(5));
  }

  /** Returns a port that looks for the primary itself, twice a second. */
  private Redis pairItself() throws Exception {
    var config = new Config();
    config
        .useReplicatedServers()
        .setScanInterval(500)
        .addNodeAddress(pair.addresses().toArray(String[]::new));
    var client = Redisson.create(config);
    services.opened(client::shutdown);
    var redis = services.opened(Redis.over(client));
    redis.ready(LONG).get();
    return redis;
  }
}
