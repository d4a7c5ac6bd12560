package dev.scaling.locks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.scaling.locks.Acquisition.Acquired;
import dev.scaling.testkit.RedisExtension;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** Many who wait at once. */
@Timeout(1_200)
final class WaitersIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.masters(3);

  private static final Duration LONG = Duration.ofMinutes(10);
  private static final int MOST_THREADS = 100; // of all that waiters need, whatever their number

  private final Services services = new Services();

  @TempDir
  Path events;

  @AfterEach
  void close() throws Exception {
    services.close();
  }

  @Test
  void waiters_needNoThreadAndNoSubscriptionEach() throws Exception {
    assertServed(1_000, 3);
  }

  @Test
  @Tag("chaos") // half a minute
  void tenThousandWaiters_needNoThreadAndNoSubscriptionEach() throws Exception {
    assertServed(10_000, 3);
  }

  /** As many locks as waiters: each has a line of its own on each node. */
  private void assertServed(int count, int nodes) throws Exception {
    var holder = service(nodes);
    var service = service(nodes);
    List<Lease> held = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      held.add(holder.lock("lock-" + i).acquire(LONG));
    }
    int threads = ManagementFactory.getThreadMXBean().getThreadCount();
    List<CompletableFuture<Acquisition>> waiting = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      waiting.add(service.lock("lock-" + i).acquireAsync(LONG));
    }
    await().atMost(LONG).until(() -> lines() >= count);

    assertThat(service.snapshot().waiting()).isEqualTo(count);
    assertThat(ManagementFactory.getThreadMXBean().getThreadCount() - threads)
        .isLessThan(MOST_THREADS);
    for (int node = 0; node < nodes; node++) {
      assertThat(channels(node)).hasSize(2); // of the two services
    }
    held.forEach(Lease::close);
    for (CompletableFuture<Acquisition> each : waiting) {
      assertThat(each.get())
          .isInstanceOfSatisfying(Acquired.class, won -> won.lease().close());
    }
    assertThat(service.snapshot().unavailable()).isZero();
  }

  @Test
  @EnabledForJreRange(min = JRE.JAVA_24) // before, each `synchronized` of the client does
  void virtualThreads_waitWithoutPinning() throws Exception {
    assertNotPinned(2_000);
  }

  @Test
  @Tag("chaos") // some minutes
  @EnabledForJreRange(min = JRE.JAVA_24)
  void aHundredThousandVirtualThreads_waitWithoutPinning() throws Exception {
    assertNotPinned(100_000);
  }

  @Test
  @EnabledForJreRange(min = JRE.JAVA_21)
  void virtualThreadsThatAreInterrupted_keepTheFlag_andLeaveNothingBehind() throws Exception {
    var service = service(1);
    var lease = service.lock("lock").acquire(LONG);
    var flags = new AtomicInteger();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      threads.add(virtual(() -> {
        try {
          service.lock("lock").acquire(LONG);
        } catch (CancellationException e) {
          flags.addAndGet(Thread.currentThread().isInterrupted() ? 1 : 0);
        }
      }));
    }
    await().atMost(LONG).until(() -> service.snapshot().waiting() == threads.size());
    threads.forEach(Thread::interrupt);
    for (Thread thread : threads) {
      thread.join();
    }

    assertThat(flags).hasValue(threads.size());
    assertThat(service.snapshot().waiting()).isZero();
    await().until(() -> lines() == 0);
    lease.release().get();
    assertThat(service.lock("lock").tryAcquire(LONG)).isPresent();
  }

  /** A hundred locks, so that all of them have their turn in time. */
  private void assertNotPinned(int count) throws Exception {
    var service = service(1);
    List<Lease> held = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      held.add(service.lock("lock-" + i).acquire(LONG));
    }
    var served = new CountDownLatch(count);
    long pinned = pinned(() -> {
      for (int i = 0; i < count; i++) {
        var lock = service.lock("lock-" + i % held.size());
        virtual(() -> {
          lock.acquire(LONG).close();
          served.countDown();
        });
      }
      await().atMost(LONG).until(() -> service.snapshot().waiting() == count);
      held.forEach(Lease::close);
      served.await();
    });
    assertThat(pinned).isZero();
  }

  /** The control: a class that waits while it is set up holds its thread's carrier. */
  @Test
  @EnabledForJreRange(min = JRE.JAVA_24)
  void pinnedThread_isNoticed() throws Exception {
    assertThat(pinned(() -> virtual(Waits::touch).join())).isPositive();
  }

  /** Returns how often virtual threads held their carriers while they waited. */
  private long pinned(Executable work) throws Exception {
    try (var recording = new Recording()) {
      recording.enable("jdk.VirtualThreadPinned").withoutThreshold();
      recording.start();
      try {
        work.execute();
      } catch (Throwable e) {
        throw new AssertionError(e);
      }
      recording.stop();
      recording.dump(events.resolve("events.jfr"));
    }
    return RecordingFile.readAllEvents(events.resolve("events.jfr")).size();
  }

  /** Starts a virtual thread, which Java 17 has not. */
  private static Thread virtual(Runnable work) throws Exception {
    return (Thread) Thread.class.getMethod("startVirtualThread", Runnable.class).invoke(null, work);
  }

  /** Returns how many locks have a line on the first node. */
  private static long lines() {
    return ((List<?>) Objects.requireNonNull(servers.server().command("KEYS", "scaling:test:q:*")))
        .size();
  }

  private static List<?> channels(int node) {
    var channels = servers.servers().get(node).command("PUBSUB", "CHANNELS", "scaling:test:*");
    return (List<?>) Objects.requireNonNull(channels);
  }

  private LockService service(int nodes) throws Exception {
    return services.ready(services
        .builder(servers.servers().subList(0, nodes))
        .quarantined(false)
        .nodeTimeout(Duration.ofSeconds(10))
        .lease(Duration.ofMinutes(1)));
  }

  /** Is set up slowly. */
  private static final class Waits {

    static {
      LockSupport.parkNanos(Duration.ofMillis(100).toNanos());
    }

    private static void touch() {}
  }
}
