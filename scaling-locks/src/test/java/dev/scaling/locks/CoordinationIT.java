package dev.scaling.locks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import dev.scaling.locks.Acquisition.Acquired;
import dev.scaling.testkit.RedisExtension;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What is made of locks, on three real masters: several at once, semaphores, elections. */
@Timeout(180)
final class CoordinationIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.masters(3);

  private static final Duration LONG = Duration.ofMinutes(2);

  private final Services services = new Services();

  @AfterEach
  void close() throws Exception {
    services.close();
  }

  @Test
  void severalLocks_areNeverWaitedForInACircle() throws Exception {
    var instances = List.of(service(), service());
    var threads = Executors.newCachedThreadPool();
    var inside = new AtomicInteger();
    List<Future<?>> callers = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      var service = instances.get(i % 2);
      List<String> names = new ArrayList<>(List.of("a", "b", "c"));
      if (i % 3 != 0) {
        Collections.reverse(names);
      }
      callers.add(threads.submit(() -> {
        for (int k = 0; k < 10; k++) {
          try (var leases = service.acquireAll(names, LONG)) {
            assertThat(inside.incrementAndGet()).isEqualTo(1);
            assertThat(leases.isValid()).isTrue();
            assertThat(leases.all()).extracting(Lease::lock).containsExactly("a", "b", "c");
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
  void severalLocks_areTakenTogetherOrNotAtAll() throws Exception {
    var service = service();
    var held = service.lock("b").acquire(LONG);
    assertThatExceptionOfType(LockContendedException.class)
        .isThrownBy(() -> service.acquireAll(List.of("a", "b"), Duration.ofMillis(500)));
    assertThat(service.lock("a").tryAcquire(LONG)).isPresent();
    assertThat(held.isValid()).isTrue();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> service.acquireAll(List.of(), LONG))
        .withMessage("locks must be 1 to 100 names: 0");
  }

  @Test
  void semaphore_neverHasMorePermitsThanThereAre() throws Exception {
    var instances = List.of(service(), service());
    var inside = new AtomicInteger();
    var most = new AtomicInteger();
    var threads = Executors.newCachedThreadPool();
    List<Future<?>> callers = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      var semaphore = instances.get(i % 2).semaphore("s", 2);
      callers.add(threads.submit(() -> {
        for (int k = 0; k < 10; k++) {
          try (var permit = semaphore.tryAcquire(LONG).orElseThrow()) {
            most.accumulateAndGet(inside.incrementAndGet(), Math::max);
            assertThat(permit.isValid()).isTrue();
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
    assertThat(most.get()).isBetween(1, 2);
  }

  @Test
  void semaphore_saysWhetherThereIsAPermit_andHandsItOn() throws Exception {
    var service = service();
    var semaphore = service.semaphore("s", 2);
    var one = semaphore.tryAcquire().orElseThrow();
    var two = semaphore.acquire(Duration.ZERO);
    assertThat(one.lock()).isNotEqualTo(two.lock());
    assertThatExceptionOfType(LockContendedException.class)
        .isThrownBy(() -> semaphore.acquire(Duration.ZERO));
    assertThat(semaphore.tryAcquire(Duration.ofMillis(20))).isEmpty();
    var waiting = service().semaphore("s", 2).acquireAsync(LONG);
    var gone = semaphore.acquireAsync(LONG);
    gone.cancel(true);
    two.close();
    assertThat(waiting.get()).isInstanceOf(Acquired.class);
    one.close();
    assertThat(semaphore.tryAcquire(LONG)).isPresent();
  }

  @Test
  void semaphore_whoseCallerIsInterrupted_losesNoPermit() throws Exception {
    var service = service();
    var semaphore = service.semaphore("s", 2);
    var one = semaphore.tryAcquire(LONG).orElseThrow();
    var two = semaphore.tryAcquire(LONG).orElseThrow();
    Thread.currentThread().interrupt();
    assertThatExceptionOfType(CancellationException.class)
        .isThrownBy(() -> semaphore.tryAcquire(LONG));
    assertThat(Thread.interrupted()).isTrue();
    await().untilAsserted(() -> assertThat(service.snapshot().waiting()).isZero());
    one.close();
    two.close();
    assertThat(semaphore.tryAcquire(LONG)).isPresent();
    assertThat(semaphore.tryAcquire(LONG)).isPresent();
  }

  @Test
  void semaphore_ofAServiceClosedBetweenTwoPermits_saysSo() throws Exception {
    var held = service().semaphore("s", 2);
    assertThat(held.tryAcquire(LONG)).isPresent();
    assertThat(held.tryAcquire(LONG)).isPresent();
    BlockingQueue<Runnable> deliveries = new LinkedBlockingQueue<>();
    var isHeldUp = new AtomicBoolean();
    var service =
        services.ready(services.builder(servers.servers()).quarantined(false).executor(task -> {
          if (isHeldUp.get()) {
            deliveries.add(task);
          } else {
            task.run();
          }
        }));
    isHeldUp.set(true);
    var waiting = service.semaphore("s", 2).acquireAsync(LONG);
    var firstIsTaken = deliveries.take();
    service.close();
    firstIsTaken.run();
    var failure = waiting.handle((outcome, thrown) -> thrown).get(1, TimeUnit.MINUTES);
    assertThat(failure) // as it is: newer JDKs wrap it in `get`
        .isInstanceOf(CancellationException.class)
        .hasMessage("test: the lock service was closed");
  }

  @Test
  void semaphore_checksHowLongToWait() throws Exception {
    var semaphore = service().semaphore("s", 2);
    for (var wait :
        List.of(Duration.ofNanos(-1), Duration.ofDays(2), ChronoUnit.FOREVER.getDuration())) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> semaphore.acquireAsync(wait))
          .withMessageStartingWith("maxWait must be in [PT0S, PT24H]");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> service().acquireAll(List.of("a"), wait))
          .withMessageStartingWith("maxWait must be in [PT0S, PT24H]");
    }
  }

  @Test
  void leader_isOneAtATime_andTheNextFollows() throws Exception {
    BlockingQueue<String> events = new LinkedBlockingQueue<>();
    var one = candidate("one", events);
    assertThat(events.take()).isEqualTo("one leads");
    var two = candidate("two", events);
    awaitLine("lead"); // or else nobody is there yet whom the lead could go to
    assertThat(two.lead()).isEmpty();
    long term = one.lead().orElseThrow().fencingToken();
    one.resign();
    assertThat(events.take()).isEqualTo("two leads");
    assertThat(one.lead()).isEmpty();
    assertThat(two.lead().orElseThrow().fencingToken()).isGreaterThan(term);
    two.close();
    assertThat(events.take()).isEqualTo("one leads");
    assertThat(events).isEmpty();
  }

  @Test
  void leaderWhoseLockIsTakenAway_isTold_andStandsAgain() throws Exception {
    BlockingQueue<String> events = new LinkedBlockingQueue<>();
    candidate("one", events);
    assertThat(events.take()).isEqualTo("one leads");
    String key = "scaling:test:l:1:{test}:lead";
    for (var server : servers.servers()) { // as if somebody had had it in between
      server.command("HSET", key, "owner", "thief:1", "ends", "0");
      server.command("HINCRBY", key, "counter", "1");
    }
    assertThat(events.take()).isEqualTo("one lost it: TAKEN");
    assertThat(events.take()).isEqualTo("one leads");
  }

  @Test
  void callbackThatThrows_changesNothing() throws Exception {
    var elected = new CompletableFuture<Lease>();
    var election = services.opened(service()
        .stand(
            "lead",
            lease -> {
              elected.complete(lease);
              throw new IllegalStateException("in the callback");
            },
            reason -> {}));
    assertThat(elected.get().isValid()).isTrue();
    await().untilAsserted(() -> assertThat(election.lead()).isPresent());
  }

  private static void awaitLine(String lock) {
    for (var server : servers.servers()) {
      await()
          .until(() -> String.valueOf(server.command("ZCARD", "scaling:test:q:1:{test}:" + lock))
              .equals("1"));
    }
  }

  private Election candidate(String name, BlockingQueue<String> events) throws Exception {
    return services.opened(service()
        .stand(
            "lead",
            lease -> events.add(name + " leads"),
            reason -> events.add(name + " lost it: " + reason)));
  }

  private LockService service() throws Exception {
    return services.ready(services
        .builder(servers.servers())
        .quarantined(false)
        .nodeTimeout(Duration.ofSeconds(1))
        .lease(Duration.ofSeconds(5)));
  }
}
