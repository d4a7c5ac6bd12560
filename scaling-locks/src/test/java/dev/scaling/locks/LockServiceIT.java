package dev.scaling.locks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import dev.scaling.locks.Acquisition.Acquired;
import dev.scaling.locks.Acquisition.Contended;
import dev.scaling.locks.Lease.LossReason;
import dev.scaling.locks.Lease.ReleaseOutcome;
import dev.scaling.testkit.CommandCounter;
import dev.scaling.testkit.RedisExtension;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Locks on one real Redis and by real clocks. */
@Timeout(180)
final class LockServiceIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.single();

  private static final Duration LONG = Duration.ofMinutes(2);

  private final Services services = new Services();

  @AfterEach
  void close() throws Exception {
    services.close();
  }

  @Test
  void freeLock_isAcquired_andOthersAreToldWhoHasIt() throws Exception {
    var mine = service("mine");
    var others = service("others");
    try (var lease = mine.lock("a").acquire(Duration.ZERO)) {
      assertThat(lease.isValid()).isTrue();
      assertThat(lease.remaining()).isBetween(Duration.ofSeconds(5), Duration.ofSeconds(10));
      assertThat(others.lock("a").tryAcquire()).isEmpty();
      assertThat(mine.lock("a").tryAcquire()).isEmpty();
      assertThat(others.lock("a").acquireAsync(Duration.ZERO).get())
          .isInstanceOfSatisfying(Contended.class, by -> {
            assertThat(by.holder()).isEqualTo("mine");
            assertThat(by.remaining()).isBetween(Duration.ofSeconds(5), Duration.ofSeconds(10));
          });
      assertThatExceptionOfType(LockContendedException.class)
          .isThrownBy(() -> others.lock("a").acquire(Duration.ZERO))
          .withMessage("test: lock held by mine, not free within PT0S");
      assertThat(others.lock("b").tryAcquire()).isPresent();
    }
    assertThat(others.lock("a").acquire(LONG).isValid()).isTrue();
  }

  @Test
  void lockGivenBack_isFreeForTheNextCallAtOnce() throws Exception {
    var service = service("mine");
    long before = 0;
    for (int i = 0; i < 200; i++) {
      try (var lease = service.lock("a").acquire(Duration.ZERO)) {
        assertThat(lease.fencingToken()).isGreaterThan(before);
        before = lease.fencingToken();
      }
    }
  }

  @Test
  void freeLock_costsOneCommandToTake_andOneToGiveBack() throws Exception {
    var builder = builder("mine", Duration.ofMinutes(5)); // the node is looked at once more
    var service = services.ready(builder);
    service.lock("warm").acquire(Duration.ZERO).release().get();
    try (var counter = CommandCounter.sentTo(servers.server())) {
      for (int i = 0; i < 10; i++) {
        service.lock("a").acquire(Duration.ZERO).release().get();
      }
      assertThat(counter.counts()).containsOnlyKeys("evalsha");
      assertThat(counter.counts().get("evalsha")).isBetween(20L, 21L);
    }
  }

  @Test
  void callersOfSeveralInstances_haveTheLockOneAtATime_withGrowingTokens() throws Exception {
    var instances = List.of(service("one"), service("two"), service("three"));
    var inside = new AtomicInteger();
    var last = new AtomicLong();
    var threads = Executors.newCachedThreadPool();
    List<Future<?>> callers = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      var lock = instances.get(i % 3).lock("a");
      callers.add(threads.submit(() -> {
        for (int k = 0; k < 50; k++) {
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
  void waitingCallers_areServedInTheirOrder() throws Exception {
    var service = service("mine");
    var first = service.lock("a").acquire(LONG);
    List<Integer> order = new ArrayList<>();
    List<CompletableFuture<?>> waiting = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      int number = i;
      waiting.add(service.lock("a").acquireAsync(LONG).thenAccept(outcome -> {
        order.add(number); // one at a time
        ((Acquired) outcome).lease().close();
      }));
    }
    first.close();
    CompletableFuture.allOf(waiting.toArray(CompletableFuture[]::new)).get();
    assertThat(order).isSorted().hasSize(20);
  }

  @Test
  void callThatWaitsForTooLong_isTold_andLeavesNothingBehind() throws Exception {
    var service = service("mine");
    var lease = service.lock("a").acquire(LONG);
    assertThat(service.lock("a").tryAcquire(Duration.ofMillis(500))).isEmpty();
    assertThat(service.snapshot().waiting()).isZero();
    lease.release().get();
    await()
        .untilAsserted(() -> assertThat(keys())
            .containsExactlyInAnyOrder("scaling:test:n:1:{test}", "scaling:test:l:1:{test}:a"));
  }

  @Test
  void callThatIsCancelled_leavesTheLine() throws Exception {
    var service = service("mine");
    var lease = service.lock("a").acquire(LONG);
    var gone = service.lock("a").acquireAsync(LONG);
    var next = service.lock("a").acquireAsync(LONG);
    gone.cancel(true);
    lease.close();
    assertThat(next.get()).isInstanceOf(Acquired.class);
  }

  @Test
  void interruptedCall_keepsTheFlag_andLeavesTheLine() throws Exception {
    var service = service("mine");
    var lease = service.lock("a").acquire(LONG);
    Thread.currentThread().interrupt();
    assertThatExceptionOfType(CancellationException.class)
        .isThrownBy(() -> service.lock("a").acquire(LONG));
    assertThat(Thread.interrupted()).isTrue();
    lease.close();
    assertThat(service.lock("a").tryAcquire(LONG)).isPresent();
  }

  @Test
  void leaseIsRenewed_forAsLongAsItIsHeld() throws Exception {
    var mine = services.ready(builder("mine", Duration.ofSeconds(2)));
    var others = service("others");
    try (var lease = mine.lock("a").acquire(Duration.ZERO)) {
      assertThat(others.lock("a").tryAcquire(Duration.ofSeconds(5))).isEmpty();
      assertThat(lease.isValid()).isTrue();
    }
    assertThat(others.lock("a").tryAcquire(LONG)).isPresent();
  }

  @Test
  void leaseHeldTooLong_isLost() throws Exception {
    var builder = builder("mine", Duration.ofSeconds(2)).maxHold(Duration.ofMillis(2_100));
    var mine = services.ready(builder);
    var lease = mine.lock("a").acquire(Duration.ZERO);
    assertThat(lease.lost().get()).isEqualTo(LossReason.HELD_TOO_LONG);
    assertThat(lease.isValid()).isFalse();
    assertThatExceptionOfType(LeaseLostException.class)
        .isThrownBy(() -> lease.ensure(Duration.ZERO))
        .withMessage(
            "test: lease with fencing token " + lease.fencingToken() + " was lost: HELD_TOO_LONG");
  }

  @Test
  void lockThatIsTakenAway_isNoticedByTheNextRenewal() throws Exception {
    var mine = services.ready(builder("mine", Duration.ofSeconds(3)));
    var lease = mine.lock("a").acquire(Duration.ZERO);
    var jeopardy = new CompletableFuture<@org.jspecify.annotations.Nullable Void>();
    lease.onJeopardy(Duration.ofHours(1), () -> jeopardy.complete(null));
    assertThat(jeopardy).succeedsWithin(LONG);
    servers.server().command("HSET", "scaling:test:l:1:{test}:a", "owner", "thief:1");
    assertThat(lease.lost().get()).isEqualTo(LossReason.TAKEN);
    assertThat(mine.snapshot().lost()).containsEntry(LossReason.TAKEN, 1L);
  }

  @Test
  void detachedLease_isAttachedElsewhere() throws Exception {
    var one = service("one");
    var two = service("two");
    var lease = one.lock("a").acquire(Duration.ZERO);
    var handle = lease.detach();
    assertThat(lease.isValid()).isFalse();
    var attached = two.attach(handle);
    assertThat(attached.fencingToken()).isEqualTo(lease.fencingToken());
    assertThat(attached.isValid()).isTrue();
    assertThat(lease.release().get()).isEqualTo(ReleaseOutcome.NOT_HELD);
    assertThat(one.lock("a").tryAcquire()).isEmpty();
    assertThat(attached.release().get()).isEqualTo(ReleaseOutcome.RELEASED);
    assertThatExceptionOfType(LeaseLostException.class).isThrownBy(() -> two.attach(handle));
    assertThat(one.lock("a").tryAcquire()).isPresent();
  }

  @Test
  void release_saysWhetherItWasStillThere() throws Exception {
    var service = service("mine");
    var lease = service.lock("a").acquire(Duration.ZERO);
    servers.server().command("DEL", "scaling:test:l:1:{test}:a");
    assertThat(lease.release().get()).isEqualTo(ReleaseOutcome.LOST);
    assertThat(lease.release().get()).isEqualTo(ReleaseOutcome.NOT_HELD);
  }

  @Test
  void run_interruptsItsBody_whenTheLeaseIsLost() throws Exception {
    var mine = services.ready(builder("mine", Duration.ofSeconds(3)));
    assertThatExceptionOfType(LeaseLostException.class)
        .isThrownBy(() -> mine.lock("a").run(LONG, lease -> {
          servers.server().command("HSET", "scaling:test:l:1:{test}:a", "owner", "thief:1");
          new CompletableFuture<>().get(); // for ever
          return null;
        }))
        .satisfies(loss -> assertThat(loss.reason()).isEqualTo(LossReason.TAKEN))
        .satisfies(loss ->
            assertThat(loss.getSuppressed()).hasOnlyElementsOfType(InterruptedException.class));
    assertThat(Thread.currentThread().isInterrupted()).isFalse();
    assertThat(mine.lock("b").<Integer>run(LONG, lease -> 7)).isEqualTo(7);
    assertThat(mine.lock("b").tryAcquire()).isPresent();
  }

  @Test
  void closedService_givesBackAndCancels() throws Exception {
    var mine = service("mine");
    var others = service("others");
    var lease = mine.lock("a").acquire(Duration.ZERO);
    var waiting = mine.lock("a").acquireAsync(LONG);
    mine.close();
    assertThat(lease.isValid()).isFalse();
    assertThat(lease.lost().get()).isEqualTo(LossReason.CLOSED);
    assertThat(waiting).isCompletedExceptionally();
    assertThat(others.lock("a").tryAcquire(LONG)).isPresent();
    assertThatExceptionOfType(IllegalStateException.class)
        .isThrownBy(() -> mine.lock("a").tryAcquire());
  }

  private LockService service(String instance) throws Exception {
    return services.ready(builder(instance, Duration.ofSeconds(10)));
  }

  private LockServiceBuilder builder(String instance, Duration lease) throws Exception {
    var builder = services.builder(servers.servers()).quarantined(false).instance(instance);
    return builder.lease(lease).nodeTimeout(lease.dividedBy(5));
  }

  private static List<String> keys() {
    var found = (List<?>) servers.server().command("KEYS", "*");
    return found == null ? List.of() : found.stream().map(String::valueOf).toList();
  }
}
