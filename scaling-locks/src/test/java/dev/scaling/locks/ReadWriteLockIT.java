package dev.scaling.locks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.scaling.locks.Acquisition.Acquired;
import dev.scaling.locks.Lease.LossReason;
import dev.scaling.locks.Lease.ReleaseOutcome;
import dev.scaling.testkit.CommandCounter;
import dev.scaling.testkit.RedisExtension;
import dev.scaling.testkit.RedisServer;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Readers and writers on one and on three real masters. */
@Timeout(180)
final class ReadWriteLockIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.masters(3);

  private static final Duration LONG = Duration.ofMinutes(2);
  private static final Duration SHORT = Duration.ofMillis(500);

  private final Services services = new Services();

  @AfterEach
  void close() throws Exception {
    services.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void readers_haveTheLockTogether_andNeverWithAWriter(int nodes) throws Exception {
    var one = service(nodes);
    var two = service(nodes);
    var reader = one.readWrite("a").read().acquire(Duration.ZERO);
    var other = two.readWrite("a").read().acquire(Duration.ZERO);
    var same = one.readWrite("a").read().acquire(Duration.ZERO);
    assertThat(List.of(reader, other, same)).allMatch(Lease::isValid);
    if (nodes == 1) { // several begin at their own clocks, and are in step some calls later
      assertThat(other.fencingToken()).isEqualTo(reader.fencingToken());
      assertThat(same.fencingToken()).isEqualTo(reader.fencingToken());
    }
    assertThat(two.lock("a").tryAcquire(SHORT)).isEmpty();
    List.of(reader, other, same)
        .forEach(each -> assertThat(each.release().join()).isEqualTo(ReleaseOutcome.RELEASED));

    try (var writer = two.lock("a").acquire(Duration.ZERO)) {
      assertThat(writer.fencingToken())
          .isGreaterThan(Math.max(other.fencingToken(), same.fencingToken()));
      assertThat(one.readWrite("a").read().tryAcquire()).isEmpty();
      assertThat(one.readWrite("a").write().tryAcquire()).isEmpty();
      assertThat(one.readWrite("b").read().tryAcquire()).isPresent();
    }
    var next = one.readWrite("a").read().acquire(LONG);
    assertThat(next.fencingToken()).isGreaterThan(reader.fencingToken() + 1);
  }

  @Test
  void waitingWriter_goesBeforeReadersWhoComeLater() throws Exception {
    var both = service(1).readWrite("a");
    var reader = both.read().acquire(LONG);
    var writer = service(1).readWrite("a").write().acquireAsync(LONG);
    awaitWaiting(1, 1);
    assertThat(both.read().tryAcquire()).isEmpty();
    var later = both.read().acquireAsync(LONG);
    awaitWaiting(1, 2);
    reader.close();
    var writing = ((Acquired) writer.get()).lease();
    assertThat(later).isNotDone();
    writing.close();
    assertThat(later.get()).isInstanceOf(Acquired.class);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void waitingReaders_getTheLockTogether(int nodes) throws Exception {
    var both = service(nodes).readWrite("a");
    var writing = both.write().acquire(LONG);
    List<CompletableFuture<Acquisition>> waiting = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      waiting.add(both.read().acquireAsync(LONG));
    }
    awaitWaiting(nodes, 5);
    writing.close();
    for (var each : waiting) { // none gives it back before all have it
      assertThat(((Acquired) each.get()).lease().isValid()).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void writer_getsTheLock_whileReadersComeAndGo(int nodes) throws Exception {
    var writers = service(nodes);
    var threads = Executors.newCachedThreadPool();
    var done = new CompletableFuture<Boolean>();
    var readings = new AtomicInteger();
    List<Future<?>> readers = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      var service = i % 3 == 0 ? writers : service(nodes);
      readers.add(threads.submit(() -> {
        while (!done.isDone()) {
          try (var lease = service.readWrite("a").read().acquire(LONG)) {
            assertThat(lease.isValid()).isTrue();
            readings.incrementAndGet();
          }
        }
        return null;
      }));
    }
    try {
      await().until(() -> readings.get() > 20);
      for (int i = 0; i < 10; i++) {
        writers.lock("a").acquire(Duration.ofSeconds(60)).close();
      }
    } finally {
      done.complete(true);
    }
    for (Future<?> reader : readers) {
      reader.get();
    }
    threads.shutdown();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void readersAndWriters_excludeEachOther(int nodes) throws Exception {
    var instances = List.of(service(nodes), service(nodes), service(nodes));
    var threads = Executors.newCachedThreadPool();
    var reading = new AtomicInteger();
    var writing = new AtomicInteger();
    List<Future<?>> callers = new ArrayList<>();
    for (int i = 0; i < 9; i++) {
      var both = instances.get(i % 3).readWrite("a");
      boolean reads = i % 2 == 0;
      callers.add(threads.submit(() -> {
        for (int k = 0; k < 20; k++) {
          try (var lease = (reads ? both.read() : both.write()).acquire(LONG)) {
            var mine = reads ? reading : writing;
            int others = mine.incrementAndGet() - 1;
            assertThat(reads ? 0 : others).isZero();
            assertThat((reads ? writing : reading).get()).isZero();
            assertThat(lease.isValid()).isTrue();
            mine.decrementAndGet();
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

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void writerThatGivesUp_letsTheReadersBehindItIn(int nodes) throws Exception {
    var service = service(nodes);
    var reader = service.readWrite("a").read().acquire(LONG);
    var writer = service.lock("a").acquireAsync(LONG);
    awaitWaiting(nodes, 1);
    var behind = service.readWrite("a").read().acquireAsync(LONG);
    awaitWaiting(nodes, 2);
    writer.cancel(true);
    assertThat(behind.get()).isInstanceOf(Acquired.class);
    assertThat(reader.isValid()).isTrue();
  }

  @Test
  void readerThatDies_keepsTheWriterForALeaseAtMost() throws Exception {
    var dead =
        services.ready(builder(1).nodeTimeout(Duration.ofSeconds(1)).lease(Duration.ofSeconds(5)));
    dead.readWrite("a").read().acquire(LONG).detach();
    assertThat(service(1).lock("a").tryAcquire(LONG)).isPresent();
  }

  @Test
  void readerWhoseLockIsTakenAway_isTold() throws Exception {
    var service =
        services.ready(builder(3).nodeTimeout(Duration.ofSeconds(1)).lease(Duration.ofSeconds(5)));
    var kept = service.readWrite("b").read().acquire(LONG);
    var lease = service.readWrite("a").read().acquire(LONG);
    for (RedisServer server : servers.servers()) {
      server.command("DEL", "scaling:test:r:1:{test}:a");
    }
    assertThat(lease.lost().get()).isEqualTo(LossReason.TAKEN);
    assertThat(kept.isValid()).isTrue();
  }

  @Test
  void detachedReader_isAttachedElsewhere() throws Exception {
    var lease = service(3).readWrite("a").read().acquire(LONG);
    var other = service(3);
    var attached = other.attach(lease.detach());
    assertThat(attached.fencingToken()).isEqualTo(lease.fencingToken());
    assertThat(other.readWrite("a").read().tryAcquire()).isPresent();
    assertThat(other.lock("a").tryAcquire()).isEmpty();
    assertThat(attached.release().get()).isEqualTo(ReleaseOutcome.RELEASED);
  }

  @Test
  void lockThatReadersGaveBack_isFreeForTheNextWriterAtOnce() throws Exception {
    var both = service(3).readWrite("a");
    for (int i = 0; i < 50; i++) {
      List<Lease> readers = new ArrayList<>();
      for (int k = 0; k < 4; k++) {
        readers.add(both.read().acquire(Duration.ZERO));
      }
      var outcomes = readers.stream().map(Lease::release).toList();
      both.write().acquire(Duration.ZERO).close();
      for (var outcome : outcomes) {
        assertThat(outcome.get()).isEqualTo(ReleaseOutcome.RELEASED);
      }
    }
  }

  @Test
  void reader_costsOneCommandToTake_andOneToGiveBack_andLeavesNoKeyOfItsOwn() throws Exception {
    var builder = builder(1).lease(Duration.ofMinutes(10)); // the node is looked at once more
    var both = services.ready(builder).readWrite("a");
    both.read().acquire(LONG).release().get();
    try (var counter = CommandCounter.sentTo(servers.server())) {
      for (int i = 0; i < 10; i++) {
        var one = both.read().acquire(Duration.ZERO);
        both.read().acquire(Duration.ZERO).release().get();
        one.release().get();
      }
      assertThat(counter.counts()).containsOnlyKeys("evalsha");
      assertThat(counter.counts().get("evalsha")).isBetween(40L, 41L);
    }
    assertThat((List<?>) servers.server().command("KEYS", "*:r:*")).isEmpty();
  }

  /** Waits until so many stand in the line of each node. */
  private static void awaitWaiting(int nodes, int count) {
    for (RedisServer server : servers.servers().subList(0, nodes)) {
      await()
          .until(
              () -> server.command("ZCARD", "scaling:test:q:1:{test}:a"),
              Long.valueOf(count)::equals);
    }
  }

  private LockService service(int nodes) throws Exception {
    return services.ready(builder(nodes));
  }

  private LockServiceBuilder builder(int nodes) throws Exception {
    return services.builder(servers.servers().subList(0, nodes)).quarantined(false);
  }
}
