package dev.scaling.concurrency.collapse;

import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Many threads load, time out and cancel at once: who stays gets its own key's outcome. */
@Timeout(120)
final class BatcherRaceTest {

  private static final int THREADS = 4;
  private static final int CALLS = 5_000; // of each thread
  private static final int POISON = 13;

  private final long seed = new Random().nextLong();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final VirtualTime time = new VirtualTime();
  private final AtomicInteger largest = new AtomicInteger();

  @AfterEach
  void end() {
    threads.shutdownNow();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void callersWhoStay_getTheirOwnOutcome(int parallelism) throws Exception {
    System.out.println("BatcherRaceTest seed " + seed);
    try (var batcher = Batcher.builder("things", this::load)
        .parallelism(parallelism)
        .maximumSize(8)
        .isolateFailures(true)
        .executor(threads)
        .time(time)
        .build()) {
      var disturbed = new AtomicInteger();
      List<Future<?>> callers = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        var random = new Random(seed + i);
        callers.add(threads.submit(() -> {
          for (int made = 0; made < CALLS; made++) {
            disturbed.addAndGet(callsOfOne(batcher, random));
          }
          return null;
        }));
      }
      for (var each : callers) {
        while (!each.isDone()) {
          time.advance(Duration.ofMillis(1));
          Thread.onSpinWait();
        }
        each.get();
      }

      assertThat(disturbed).hasValue(0);
      assertThat(largest.get()).isBetween(2, 8);
      assertThat(time.pending()).isZero();
      while (batcher.snapshot().underWay() > 0) {
        Thread.onSpinWait();
      }
      assertThat(batcher.snapshot().pending()).isZero();
    }
  }

  /** Makes some calls at once; returns how many got something else than their own outcome. */
  private static int callsOfOne(Batcher<Integer, String> batcher, Random random)
      throws InterruptedException {
    Map<CompletableFuture<String>, Integer> calls = new HashMap<>();
    for (int i = random.nextInt(4); i >= 0; i--) {
      int key = random.nextInt(20);
      var call = random.nextInt(4) == 0
          ? batcher.loadAsync(key, Duration.ofMillis(1L + random.nextInt(3)))
          : batcher.loadAsync(key);
      if (random.nextInt(4) == 0) {
        call.cancel(true);
      } else {
        calls.put(call, key);
      }
    }
    int disturbed = 0;
    for (var call : calls.entrySet()) {
      disturbed += isOwn(call.getKey(), call.getValue()) ? 0 : 1;
    }
    return disturbed;
  }

  private static boolean isOwn(CompletableFuture<String> call, int key)
      throws InterruptedException {
    try {
      return call.get().equals("" + key) && key != POISON;
    } catch (ExecutionException e) {
      return e.getCause() instanceof CallTimedOutException
          || (key == POISON && e.getCause().getCause() instanceof IllegalArgumentException);
    } catch (CancellationException e) {
      return false;
    }
  }

  private Map<Integer, String> load(Set<Integer> keys) throws InterruptedException {
    largest.accumulateAndGet(keys.size(), Math::max);
    for (int i = 0; i < 200; i++) {
      Thread.onSpinWait();
      if (Thread.interrupted()) {
        throw new InterruptedException("abandoned");
      }
    }
    if (keys.contains(POISON)) {
      throw new IllegalArgumentException("poison");
    }
    Map<Integer, String> found = new HashMap<>();
    keys.forEach(key -> found.put(key, "" + key));
    return found;
  }
}
