package dev.scaling.locks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.locks.Acquisition.Acquired;
import dev.scaling.testkit.CommandCounter;
import dev.scaling.testkit.RedisExtension;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Leases that are handed on within an instance, on a real Redis. */
@Timeout(180)
final class LocalHandOverIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.single();

  private static final Duration LONG = Duration.ofMinutes(2);

  private final Services services = new Services();

  @AfterEach
  void close() throws Exception {
    services.close();
  }

  @Test
  void handOvers_costNoCommand() throws Exception {
    var mine = services.ready(builder("mine", 10).handOverTime(LONG));
    var lease = mine.lock("a").acquire(LONG);
    var waiting = ask(mine, 10);
    try (var commands = CommandCounter.sentTo(servers.server())) {
      for (CompletableFuture<Acquisition> next : waiting) {
        lease.close();
        lease = lease(next);
        assertThat(lease.isValid()).isTrue();
      }
      assertThat(commands.counts()).isEmpty();
    }
    assertThat(lease.release().get()).isEqualTo(Lease.ReleaseOutcome.RELEASED);
  }

  @Test
  void otherInstance_hasItsTurn_afterSoManyHandOvers() throws Exception {
    var mine = services.ready(builder("mine", 3).handOverTime(LONG));
    var others = services.ready(builder("others", 0));
    var lease = mine.lock("a").acquire(LONG);
    var waiting = ask(mine, 5);
    var other = ask(others, 1).get(0);
    assertThat(others.lock("a").tryAcquire()).isEmpty(); // so the other one stands in the line

    for (int i = 0; i < 3; i++) {
      lease.close();
      lease = lease(waiting.get(i));
    }
    lease.close();

    var turn = lease(other);
    assertThat(turn.fencingToken()).isGreaterThan(lease.fencingToken());
    assertThat(waiting.get(3)).isNotDone();
    turn.close();
    assertThat(lease(waiting.get(3)).fencingToken()).isGreaterThan(turn.fencingToken());
  }

  @Test
  void otherInstance_hasItsTurn_howeverManyWaitHere() throws Exception {
    var mine = services.ready(builder("mine", 1_000));
    var others = services.ready(builder("others", 0));
    var stop = new AtomicBoolean();
    var threads = Executors.newCachedThreadPool();
    for (int i = 0; i < 4; i++) {
      threads.submit(() -> {
        while (!stop.get()) {
          mine.lock("a").acquire(LONG).close();
        }
      });
    }
    for (int i = 0; i < 20; i++) {
      others.lock("a").acquire(LONG).close();
    }
    stop.set(true);
    threads.shutdown();
    assertThat(threads.awaitTermination(1, TimeUnit.MINUTES)).isTrue();
  }

  @Test
  void callersOfInstancesThatDiffer_haveTheLockOneAtATime_withGrowingTokens() throws Exception {
    var instances = List.of(
        services.ready(builder("one", 0)),
        services.ready(builder("two", 5)),
        services.ready(builder("three", 100)));
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
            inside.decrementAndGet();
          }
        }
      }));
    }
    for (Future<?> caller : callers) {
      caller.get();
    }
    threads.shutdown();
  }

  private LockServiceBuilder builder(String instance, int most) throws Exception {
    return services
        .builder(servers.servers())
        .quarantined(false)
        .instance(instance)
        .lease(Duration.ofMinutes(1))
        .localHandOvers(most);
  }

  private static List<CompletableFuture<Acquisition>> ask(LockService service, int callers) {
    List<CompletableFuture<Acquisition>> waiting = new ArrayList<>();
    for (int i = 0; i < callers; i++) {
      waiting.add(service.lock("a").acquireAsync(LONG));
    }
    return waiting;
  }

  private static Lease lease(CompletableFuture<Acquisition> acquisition) throws Exception {
    return ((Acquired) acquisition.get()).lease();
  }
}
