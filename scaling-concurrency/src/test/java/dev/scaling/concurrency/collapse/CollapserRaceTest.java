package dev.scaling.concurrency.collapse;

import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Many threads call, time out and cancel at once: nobody who stays notices those who leave. */
@Timeout(120)
final class CollapserRaceTest {

  private static final int THREADS = 4;
  private static final int CALLS = 5_000; // of each thread
  private static final int KEYS = 3;

  private final long seed = new Random().nextLong();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final ForkJoinPool executor = new ForkJoinPool(THREADS); // leaves a stray interrupt
  private final VirtualTime time = new VirtualTime();
  private final AtomicIntegerArray started = new AtomicIntegerArray(KEYS);
  private final AtomicIntegerArray seen = new AtomicIntegerArray(KEYS);

  @AfterEach
  void end() {
    threads.shutdownNow();
    executor.shutdownNow();
  }

  @Test
  void thousandCallers_shareOneExecution() throws Exception {
    try (var collapser = Collapser.<String, Integer>builder("things").build()) {
      var executions = new AtomicInteger();
      var open = new CountDownLatch(1);
      List<Future<Integer>> callers = new ArrayList<>();
      for (int i = 0; i < 1_000; i++) {
        callers.add(
            i % 10 == 0
                ? threads.submit(() -> collapser.run("a", () -> {
                  open.await();
                  return executions.incrementAndGet();
                }))
                : collapser.runAsync("a", () -> {
                  awaitOpen(open);
                  return CompletableFuture.completedFuture(executions.incrementAndGet());
                }));
      }
      while (collapser.snapshot().followers() < 999) {
        Thread.onSpinWait();
      }

      open.countDown();

      for (var caller : callers) {
        assertThat(caller.get()).isEqualTo(1);
      }
      assertThat(executions).hasValue(1);
      assertThat(collapser.snapshot()).isEqualTo(new CollapserSnapshot(1, 999, 0, 0, 0));
    }
  }

  @Test
  void callersWhoStay_areServed_whoeverLeaves() throws Exception {
    var collapser =
        Collapser.<Integer, Integer>builder("things").executor(executor).time(time);
    try (var open = collapser.build()) {
      assertThat(disturbed((key, random) -> random.nextInt(4) == 0
              ? open.runAsync(key, Duration.ofMillis(1L + random.nextInt(3)), () -> stage(key))
              : open.runAsync(key, () -> stage(key))))
          .isZero();

      assertThat(open.snapshot().underWay()).isZero();
      assertThat(open.snapshot().abandoned()).isPositive();
      assertThat(time.pending()).isZero();
    }
  }

  /** The control: callers who share one future, as with many a cache, cancel each other's. */
  @Test
  void sharedFuture_isNoticed() throws Exception {
    var futures = new ConcurrentHashMap<Integer, CompletableFuture<Integer>>();

    assertThat(disturbed((key, random) -> {
          var mine = new CompletableFuture<Integer>();
          var other = futures.putIfAbsent(key, mine);
          if (other != null) {
            return other;
          }
          executor.execute(() -> stage(key).whenComplete((value, failure) -> {
            futures.remove(key, mine);
            mine.complete(value);
          }));
          return mine;
        }))
        .isPositive();
  }

  /** The control: a flight that completes before it is removed serves old results. */
  @Test
  void removalAfterTheCompletion_isNoticed() throws Exception {
    var futures = new ConcurrentHashMap<Integer, CompletableFuture<Integer>>();

    assertThat(disturbed((key, random) -> {
          var mine = new CompletableFuture<Integer>();
          var other = futures.putIfAbsent(key, mine);
          if (other != null) {
            return other.copy();
          }
          executor.execute(() -> stage(key).whenComplete((value, failure) -> {
            mine.complete(value);
            spin(1_000);
            futures.remove(key, mine);
          }));
          return mine.copy();
        }))
        .isPositive();
  }

  /** Returns how many callers who did not leave got no result, or one that was over. */
  private int disturbed(Call call) throws Exception {
    System.out.println("CollapserRaceTest seed " + seed);
    var disturbed = new AtomicInteger();
    List<Future<?>> running = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      var random = new Random(seed + i);
      running.add(threads.submit(() -> {
        for (int made = 0; made < CALLS; made++) {
          if (!callOnce(call, random)) {
            disturbed.incrementAndGet();
          }
        }
        return null;
      }));
    }
    for (var each : running) {
      while (!each.isDone()) {
        time.advance(Duration.ofMillis(1));
        Thread.onSpinWait();
      }
      each.get();
    }
    return disturbed.get();
  }

  private boolean callOnce(Call call, Random random) throws InterruptedException {
    int key = random.nextInt(KEYS);
    int over = seen.get(key);
    var future = call.make(key, random);
    if (random.nextInt(3) == 0) {
      spin(random.nextInt(300));
      future.cancel(true);
      return true;
    }
    try {
      int value = future.get();
      seen.accumulateAndGet(key, value, Math::max);
      return value > over;
    } catch (ExecutionException e) {
      return e.getCause() instanceof CallTimedOutException;
    } catch (CancellationException e) {
      return false;
    }
  }

  /**
   * Executes for a moment, and fails if it is interrupted: who stays would notice an interrupt that
   * was meant for what the thread did before. Numbers of a key only rise.
   */
  private CompletableFuture<Integer> stage(int key) {
    int number = started.incrementAndGet(key);
    for (int i = 0; i < 200; i++) {
      Thread.onSpinWait();
      if (Thread.currentThread().isInterrupted()) {
        return CompletableFuture.failedFuture(new InterruptedException("abandoned"));
      }
    }
    return CompletableFuture.completedFuture(number);
  }

  private static void awaitOpen(CountDownLatch open) {
    try {
      open.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void spin(int times) {
    for (int i = 0; i < times; i++) {
      Thread.onSpinWait();
    }
  }

  /** One way to share an execution. */
  @FunctionalInterface
  private interface Call {

    CompletableFuture<Integer> make(int key, Random random);
  }
}
