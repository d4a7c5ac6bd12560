package dev.scaling.locks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import dev.scaling.locks.Acquisition.Unavailable;
import dev.scaling.testkit.RedisExtension;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Locks on three real masters. */
@Timeout(180)
final class QuorumIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.masters(3);

  private static final Duration LONG = Duration.ofMinutes(2);

  private final Services services = new Services();

  @AfterEach
  void close() throws Exception {
    servers.topology().mend();
    services.close();
  }

  @Test
  void callersOfSeveralInstances_haveTheLockOneAtATime_withGrowingTokens() throws Exception {
    contend(List.of(service(), service(), service()), 30);
  }

  /** With one node less, both of the others must give the lock to the same one. */
  @Test
  void callersOfSeveralInstances_agree_thoughOneNodeIsDown() throws Exception {
    var instances = List.of(service(), service(), service());
    servers.servers().get(0).kill();
    contend(instances, 3);
    servers.servers().get(0).restart();
  }

  private static void contend(List<LockService> instances, int times) throws Exception {
    var inside = new AtomicInteger();
    var last = new AtomicLong();
    var threads = Executors.newCachedThreadPool();
    List<Future<?>> callers = new ArrayList<>();
    for (int i = 0; i < 9; i++) {
      var lock = instances.get(i % 3).lock("a");
      callers.add(threads.submit(() -> {
        for (int k = 0; k < times; k++) {
          try (var lease = lock.acquire(LONG)) {
            assertThat(inside.incrementAndGet()).isEqualTo(1);
            assertThat(lease.fencingToken()).isGreaterThan(last.getAndSet(lease.fencingToken()));
            assertThat(lease.isValid()).isTrue();
            inside.decrementAndGet();
          }
        }
        return null;
      }));
    }
    for (Future<?> caller : callers) {
      caller.get();
    }
    threads.shutdown();
  }

  @Test
  void oneNodeDown_isNotMissed() throws Exception {
    var service = service();
    servers.servers().get(1).pause();
    for (int i = 0; i < 300; i++) { // more than fit in what says that they give it back
      try (var lease = service.lock("a").acquire(Duration.ZERO)) {
        assertThat(lease.isValid()).isTrue();
      }
    }
  }

  @Test
  void twoNodesDown_isSaid_withinTwiceTheNodeTimeout() throws Exception {
    var service = service();
    servers.servers().get(0).pause();
    servers.servers().get(2).pause();
    long began = System.nanoTime();
    var outcome = service.lock("a").acquireAsync(LONG).get();
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(20));
    assertThat(outcome).isEqualTo(new Unavailable(List.of("node-a", "node-c")));
    assertThatExceptionOfType(LocksUnavailableException.class)
        .isThrownBy(() -> service.lock("a").acquire(LONG))
        .withMessage("test: no quorum: node-a, node-c could not be asked");
    servers.topology().mend();
    await().untilAsserted(() -> assertThat(service.lock("a").tryAcquire()).isPresent());
  }

  @Test
  void nodeThatRestartsEmpty_grantsNothing_forAsLongAsALease() throws Exception {
    var service = services.ready(builder().quarantined(true).lease(Duration.ofSeconds(5)));
    var lease = service.lock("b").acquire(LONG);
    servers.servers().get(0).kill();
    servers.servers().get(0).restart();
    servers.servers().get(1).pause(); // so that the quorum needs the one that forgot
    assertThat(service.lock("c").acquireAsync(Duration.ZERO).get())
        .isEqualTo(new Unavailable(List.of("node-a", "node-b")));
    servers.servers().get(1).resume();
    await().atMost(LONG).until(() -> service.snapshot().outside().isEmpty());
    lease.close();
    servers.servers().get(1).pause();
    try (var later = service.lock("b").acquire(LONG)) {
      assertThat(later.fencingToken()).isGreaterThan(lease.fencingToken());
    }
  }

  @Test
  void serverUnderTwoNames_countsOnce() throws Exception {
    var addresses = servers.addresses();
    var builder = services
        .at(List.of(addresses.get(0), addresses.get(0), addresses.get(1)))
        .quarantined(false);
    var service = services.ready(builder);
    assertThat(service.lock("a").tryAcquire()).isPresent();
    servers.servers().get(1).pause();
    assertThat(service.lock("b").acquireAsync(Duration.ZERO).get())
        .isEqualTo(new Unavailable(List.of("node-b", "node-c")));
  }

  private LockService service() throws Exception {
    return services.ready(builder().quarantined(false));
  }

  private LockServiceBuilder builder() throws Exception {
    return services.builder(servers.servers()).nodeTimeout(Duration.ofSeconds(1));
  }
}
