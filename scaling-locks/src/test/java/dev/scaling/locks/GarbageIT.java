package dev.scaling.locks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.scaling.core.redis.LuaScript;
import dev.scaling.locks.Acquisition.Acquired;
import dev.scaling.locks.Lease.ReleaseOutcome;
import dev.scaling.testkit.RedisExtension;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What locks leave behind on a node once the time is over for which it remembers them. */
@Tag("processes") // one JDK in CI
@Timeout(1_200)
final class GarbageIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.single();

  private static final Duration LONG = Duration.ofMinutes(2);
  private static final Duration LEASE = Duration.ofSeconds(2);
  private static final String SHIPPED = "local RETENTION = 600000000";
  private static final String SHORT = "local RETENTION = 2000000"; // microseconds
  private static final int MOST_UNDER_WAY = 1_000;
  private static final long MOST_LEFT = 10; // keys

  private final Services services = new Services();

  @AfterEach
  void close() throws Exception {
    services.close();
  }

  @Test
  void distinctLocks_leaveTenKeysAtMost() throws Exception {
    assertFewAreLeft(10_000);
  }

  @Test
  @Tag("chaos") // some minutes
  void aMillionDistinctLocks_leaveTenKeysAtMost() throws Exception {
    assertFewAreLeft(1_000_000);
  }

  /** Every way in which a lock is used: given back, handed on, waited for in vain, left behind. */
  private void assertFewAreLeft(int count) throws Exception {
    var one = service();
    var two = service();
    var underWay = new Semaphore(MOST_UNDER_WAY);
    var acquired = new AtomicInteger();
    var most = 0L;
    for (int i = 0; i < count; i++) {
      underWay.acquire();
      use(one, two, i, acquired).whenComplete((done, failure) -> underWay.release());
      most = i % (count / 4) == 0 ? Math.max(most, keys()) : most;
    }
    underWay.acquire(MOST_UNDER_WAY);
    assertThat(acquired.get()).isGreaterThanOrEqualTo(count);
    assertThat(most).isGreaterThan(MOST_LEFT);
    two.close();
    await().atMost(LONG).untilAsserted(() -> assertThat(keys()).isLessThanOrEqualTo(MOST_LEFT));
  }

  private static CompletableFuture<ReleaseOutcome> use(
      LockService one, LockService two, int number, AtomicInteger acquired) {
    var other = two.lock("lock-" + number);
    return one.lock("lock-" + number).acquireAsync(LONG).thenCompose(outcome -> {
      acquired.incrementAndGet();
      return end(((Acquired) outcome).lease(), other, number % 10);
    });
  }

  private static CompletableFuture<ReleaseOutcome> end(
      Lease lease, DistributedLock other, int way) {
    switch (way) {
      case 0 -> {
        var next = other.acquireAsync(LONG);
        lease.close();
        return next.thenCompose(won -> ((Acquired) won).lease().release());
      }
      case 1 -> {
        return other.acquireAsync(Duration.ofMillis(20)).thenCompose(late -> lease.release());
      }
      case 2 -> other.acquireAsync(LONG).cancel(/* mayInterruptIfRunning= */ true);
      case 3 -> lease.detach(); // and nobody goes on with it
      default -> {}
    }
    return lease.release();
  }

  private static long keys() {
    return (Long) Objects.requireNonNull(servers.server().command("DBSIZE"));
  }

  private LockService service() throws Exception {
    return services.ready(services
        .builder(servers.servers())
        .quarantined(false)
        .scripts(withShortRetention())
        .lease(LEASE)
        .nodeTimeout(LEASE.dividedBy(5)));
  }

  private static Scripts withShortRetention() {
    List<LuaScript> scripts = new ArrayList<>();
    var shipped = Scripts.SHIPPED;
    for (var each :
        List.of(shipped.acquire(), shipped.release(), shipped.extend(), shipped.watch())) {
      assertThat(each.source()).contains(SHIPPED);
      scripts.add(LuaScript.of(each.name(), each.source().replace(SHIPPED, SHORT)));
    }
    return new Scripts(scripts.get(0), scripts.get(1), scripts.get(2), scripts.get(3));
  }
}
