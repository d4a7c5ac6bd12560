package dev.scaling.resilience;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** That each record counts once, whether slices end meanwhile or not. */
@Timeout(120)
final class LatencyRaceTest {

  private static final int THREADS = 4;
  private static final int RECORDS = 1_000; // of each thread
  private static final int ROUNDS = 300;
  private static final Duration WINDOW = Duration.ofSeconds(10);
  private static final long SLICE = WINDOW.toNanos() / LatencyWindow.SLICES;
  private static final int ENDING = 8; // slices that end during a round; the window has more

  private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);

  @AfterEach
  void shutdown() {
    threads.shutdownNow();
  }

  @Test
  void recordsOfManyThreads_allCount_ifNoSliceEnds() throws Exception {
    for (int round = 0; round < ROUNDS; round++) {
      var window = window();
      run(Latencies.of(window), 0);

      assertThat(window.reading(SLICE).samples()).isEqualTo(THREADS * RECORDS);
    }
  }

  @Test
  void recordsOfManyThreads_allCountOnce_thoughSlicesEnd() throws Exception {
    for (int round = 0; round < ROUNDS; round++) {
      assertThat(lost(Latencies.of(window()))).isZero();
    }
  }

  @Test
  void recordsOfManyThreads_allLeave_whenTheWindowHasPassed() throws Exception {
    var window = window();
    run(Latencies.of(window), ENDING);

    long endNanos = (ENDING + 1) * SLICE;
    assertThat(window.reading(endNanos).samples()).isEqualTo(THREADS * RECORDS);
    assertThat(window.reading(endNanos + WINDOW.toNanos()).samples()).isZero();
  }

  @ParameterizedTest
  @EnumSource
  void brokenCounts_areCaught(BrokenCounts broken) throws Exception {
    boolean isCaught = false;
    for (int round = 0; round < ROUNDS && !isCaught; round++) {
      isCaught = lost(broken.create(SLICE)) != 0;
    }
    assertThat(isCaught).isTrue();
  }

  private static LatencyWindow window() {
    return new LatencyWindow(0.95, WINDOW, 1, 0);
  }

  private long lost(Latencies window) throws Exception {
    run(window, ENDING);
    for (int slice = 1; slice < ENDING + 1; slice++) {
      window.reading(slice * SLICE); // those that nobody has come to
    }
    return THREADS * RECORDS - window.reading((ENDING + 1) * SLICE).samples();
  }

  /** Time passes by the records that are made. */
  private void run(Latencies window, int ending) throws Exception {
    var start = new CyclicBarrier(THREADS);
    var nowNanos = new AtomicLong();
    long stepNanos = ending * SLICE / (THREADS * RECORDS + 1);
    List<Future<?>> all = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      all.add(threads.submit(() -> {
        start.await();
        for (int record = 0; record < RECORDS; record++) {
          window.record(1_000_000, nowNanos.addAndGet(stepNanos));
        }
        return null;
      }));
    }
    for (Future<?> each : all) {
      each.get();
    }
  }
}
