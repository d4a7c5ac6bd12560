package dev.scaling.concurrency.adaptive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.testkit.VirtualTime;
import java.util.ArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Many threads, few slots. Time stands still, so who is not woken waits until the test fails. */
@Timeout(60)
final class AdaptiveRaceTest {

  private static final int THREADS = 8;
  private static final int CALLS = 5_000; // of each thread
  private static final int SLOTS = 3;

  @Test
  void everyCallIsServed_andNeverMoreThanTheLimitAtATime() throws Exception {
    var inside = new AtomicInteger();
    var most = new AtomicInteger();
    var threads = Executors.newFixedThreadPool(THREADS);
    try (var limit = AdaptiveLimit.builder("server")
        .initialLimit(SLOTS)
        .time(new VirtualTime())
        .build()) {
      var all = new ArrayList<Future<?>>();
      for (int i = 0; i < THREADS; i++) {
        var priority = i % 2 == 0 ? Priority.LOW : Priority.HIGH;
        all.add(threads.submit(() -> {
          for (int call = 0; call < CALLS; call++) {
            limit.run(priority, () -> {
              most.accumulateAndGet(inside.incrementAndGet(), Math::max);
              return inside.decrementAndGet();
            });
          }
          return null;
        }));
      }
      for (var each : all) {
        each.get();
      }

      assertThat(most.get()).isBetween(1, SLOTS);
      assertThat(limit.snapshot())
          .isEqualTo(new AdaptiveSnapshot(THREADS * CALLS, 0, 0, 0, 0, SLOTS, 0, 0));
    } finally {
      threads.shutdownNow();
    }
  }
}
