package dev.scaling.concurrency.semaphore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import dev.scaling.core.redis.Redis;
import dev.scaling.testkit.CommandCounter;
import dev.scaling.testkit.FaultProxy;
import dev.scaling.testkit.FaultProxy.Mode;
import dev.scaling.testkit.RedisExtension;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The semaphore on a real Redis and by real clocks. */
@Timeout(180)
final class SemaphoreIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.single();

  private static final Duration LONG = Duration.ofMinutes(2);

  private final List<AutoCloseable> open = new ArrayList<>();

  @AfterEach
  void close() throws Exception {
    for (int i = open.size() - 1; i >= 0; i--) {
      open.get(i).close();
    }
  }

  @Test
  void manyCallersOfSeveralInstances_neverHaveMorePermitsThanThereAre() throws Exception {
    var instances = List.of(semaphore(3, LONG), semaphore(3, LONG), semaphore(3, LONG));
    var now = new AtomicInteger();
    var most = new AtomicInteger();
    var threads = Executors.newCachedThreadPool();
    List<Future<?>> callers = new ArrayList<>();
    for (int i = 0; i < 18; i++) {
      var mine = instances.get(i % 3);
      callers.add(threads.submit(() -> {
        for (int k = 0; k < 100; k++) {
          try (var permit = mine.acquire(LONG)) {
            most.accumulateAndGet(now.incrementAndGet(), Math::max);
            Thread.onSpinWait();
            now.decrementAndGet();
            assertThat(permit.isValid()).isTrue();
          }
        }
        return null;
      }));
    }
    for (Future<?> caller : callers) {
      caller.get();
    }
    threads.shutdown();

    assertThat(most.get()).isLessThanOrEqualTo(3);
    await().untilAsserted(() -> assertThat(counted()).isZero());
  }

  @Test
  void deadInstance_losesItsPermits_beforeAnotherGetsThem() throws Exception {
    var proxy = opened(FaultProxy.to(servers.server()));
    var dead = semaphore(Redis.connect(proxy.address()), 2, Duration.ofSeconds(3), 900);
    var living = semaphore(2, Duration.ofSeconds(3));
    var first = dead.acquire(LONG);
    var second = dead.acquire(LONG);
    var lost = first.lost();
    proxy.mode(Mode.BLACK_HOLE);

    try (var permit = living.acquire(LONG)) {
      assertThat(first.isValid()).isFalse();
      assertThat(second.isValid()).isFalse();
      assertThat(permit.fencingToken()).isGreaterThan(second.fencingToken());
    }
    assertThat(lost).succeedsWithin(LONG);
  }

  @Test
  void redisPaused_heldPermitsStay_othersHearThatRedisIsAway() {
    var semaphore = semaphore(Redis.connect(servers.address()), 2, LONG, 200);
    var held = semaphore.acquire(LONG);
    await().until(() -> semaphore.snapshot().held() == 1); // nothing is under way
    servers.server().pause();

    assertThatExceptionOfType(PermitsExhaustedException.class)
        .isThrownBy(() -> semaphore.acquire(Duration.ofSeconds(3))) // its call ends long before
        .matches(PermitsExhaustedException::isRedisAway)
        .withMessageStartingWith("sem: no permit within PT3S, and Redis does not answer: ");
    assertThat(semaphore.tryAcquire()).isEmpty();
    assertThat(held.isValid()).isTrue();
    servers.server().resume();

    assertThat(semaphore.acquire(LONG).isValid()).isTrue();
    assertThat(held.isValid()).isTrue();
    assertThat(counted()).isEqualTo(2);
  }

  @Test
  void redisThatForgot_isToldAgain() {
    var semaphore = semaphore(2, LONG);
    var held = semaphore.acquire(LONG);
    servers.server().kill();
    servers.server().restart();

    var next = semaphore.acquire(LONG);

    assertThat(held.isValid()).isTrue();
    assertThat(next.fencingToken()).isGreaterThan(held.fencingToken());
    assertThat(counted()).isEqualTo(2);
  }

  @Test
  void callWhoseReplyWasLost_leaksNothing() throws Exception {
    var proxy = opened(FaultProxy.to(servers.server()));
    var semaphore = semaphore(Redis.connect(proxy.address()), 2, LONG, 1_000);
    semaphore.acquire(LONG).close();
    for (int i = 0; i < 3; i++) {
      await().until(() -> counted() == 0);
      proxy.mode(Mode.RESET_AFTER_WRITE);
      try (var one = semaphore.acquire(LONG);
          var other = semaphore.acquire(LONG)) {
        assertThat(one.fencingToken()).isNotEqualTo(other.fencingToken());
        assertThat(counted()).isEqualTo(2);
      }
    }

    await().untilAsserted(() -> assertThat(counted()).isZero());
  }

  @Test
  void waitingInstance_isServed_evenIfItsMessageWasLost() throws Exception {
    var proxy = opened(FaultProxy.to(servers.server()));
    var holder = semaphore(1, LONG);
    var waiter = semaphore(Redis.connect(proxy.address()), 1, LONG, 1_000);
    var held = holder.acquire(LONG);
    var waiting = waiter.acquireAsync(LONG);
    await().until(() -> holder.snapshot().isContended());
    proxy.cutConnections();
    held.close();

    assertThat(waiting).succeedsWithin(LONG);
    assertThat(waiting.join().fencingToken()).isGreaterThan(held.fencingToken());
  }

  @Test
  void onePermit_fencingTokensGrow_overAllInstances() throws Exception {
    var one = semaphore(1, LONG);
    var two = semaphore(1, LONG);
    long before = 0;
    for (int i = 0; i < 50; i++) {
      try (var permit = (i % 3 == 0 ? one : two).acquire(LONG)) {
        assertThat(permit.fencingToken()).isGreaterThan(before);
        before = permit.fencingToken();
      }
    }
  }

  @Test
  void freedPermit_wakesOneOfTheInstancesThatWait() throws Exception {
    var holder = semaphore(1, LONG);
    var held = holder.acquire(LONG);
    List<CompletableFuture<Permit>> waiting = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      long before = redisLine();
      waiting.add(semaphore(1, LONG).acquireAsync(LONG));
      await().until(() -> redisLine() == before + 1);
    }
    await().until(() -> holder.snapshot().isContended());
    try (var counter = CommandCounter.runBy(servers.server())) {
      held.close();
      for (var each : waiting) { // in the order of their coming
        each.get().close();
      }
      assertThat(counter.counts().get("publish")).isLessThanOrEqualTo(10);
    }
  }

  @Test
  void keys_shareAHashTag_andEndByThemselves() {
    var one = semaphore(1, LONG);
    one.acquire(LONG);
    semaphore(1, LONG).acquireAsync(LONG);
    await().until(() -> redisLine() == 1);

    var keys = (List<?>) servers.server().command("KEYS", "*");

    assertThat(keys)
        .map(String::valueOf)
        .containsExactlyInAnyOrder(
            "scaling:sem:b:1:{sem}", "scaling:sem:l:1:{sem}", "scaling:sem:w:1:{sem}");
    for (Object key : keys) {
      assertThat((Long) servers.server().command("PTTL", String.valueOf(key)))
          .isBetween(1L, LONG.toMillis() + 2);
    }
    assertThat(servers.server().command("SCRIPT", "LOAD", Scripts.SHIPPED.source()))
        .isEqualTo(Scripts.SHIPPED.sha1());
  }

  private long counted() {
    Object used = servers.server().command("HGET", "scaling:sem:b:1:{sem}", "#");
    return used == null ? 0 : Long.parseLong(String.valueOf(used));
  }

  private long redisLine() {
    return (Long) servers.server().command("ZCARD", "scaling:sem:w:1:{sem}");
  }

  private DistributedSemaphore semaphore(int permits, Duration lease) {
    int timeoutMillis = (int) Math.min(30_000, lease.toMillis() / 3);
    return semaphore(Redis.connect(servers.address()), permits, lease, timeoutMillis);
  }

  private DistributedSemaphore semaphore(
      Redis redis, int permits, Duration lease, int timeoutMillis) {
    opened(redis).ready(Duration.ofMinutes(1)).join();
    return opened(DistributedSemaphore.builder("sem", redis)
        .permits(permits)
        .lease(lease)
        .redisTimeout(Duration.ofMillis(timeoutMillis))
        .build());
  }

  private <T extends AutoCloseable> T opened(T resource) {
    open.add(resource);
    return resource;
  }
}
