package dev.scaling.core.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.core.Time;
import dev.scaling.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class DeadlinesTest {

  private final Queue<Long> due = new PriorityQueue<>();
  private final List<Long> ended = new ArrayList<>();
  private int looks;

  @ParameterizedTest
  @ValueSource(longs = {0, Long.MAX_VALUE - 15_000_000, -20_000_000})
  void deadlines_endInTheirTime_inWhateverOrderTheyCame(long origin) {
    var time = VirtualTime.startingAt(origin);
    var deadlines = new Deadlines(time, now -> expire(now - origin));
    for (long millis : new long[] {30, 10, 50, 20, 40}) {
      due.add(millis * 1_000_000);
      deadlines.watch(origin + millis * 1_000_000);
    }

    for (int i = 1; i <= 5; i++) {
      time.advance(Duration.ofMillis(10));
      assertThat(ended).hasSize(i);
    }
    assertThat(time.pending()).isZero();
  }

  @Test
  void callsOfOneTimeout_shareTimers() {
    var time = new VirtualTime();
    var deadlines = new Deadlines(time, this::expire);
    for (int i = 0; i < 1_000; i++) {
      due.add(time.nanoTime() + 5_000_000);
      deadlines.watch(time.nanoTime() + 5_000_000);
      time.advance(Duration.ofNanos(1_000));
    }
    assertThat(time.pending()).isEqualTo(1);
    time.advance(Duration.ofMillis(10));

    assertThat(ended).hasSize(1_000);
    assertThat(looks).isLessThanOrEqualTo(3);
  }

  @Test
  void closedWatch_leavesNoTimer() {
    var time = new VirtualTime();
    var deadlines = new Deadlines(time, this::expire);
    deadlines.watch(5);

    deadlines.close();
    deadlines.close();

    assertThat(time.pending()).isZero();
  }

  /** No deadline may fall between a timer that goes off and a call that comes. */
  @Test
  @Timeout(120)
  void manyThreads_loseNoDeadline() throws Exception {
    var time = Time.system();
    var waiting = new ConcurrentLinkedQueue<FakeCall>();
    var outcomes = new Outcomes(time);
    var deadlines = new Deadlines(time, now -> {
      long next = Call.expireAll(List.copyOf(waiting), now, -1, outcomes);
      waiting.removeIf(FakeCall::isDone);
      return next;
    });
    var executor = Executors.newFixedThreadPool(4);
    var callers = new ArrayList<Future<List<FakeCall>>>();
    for (int i = 0; i < 4; i++) {
      int thread = i;
      callers.add(executor.submit(() -> {
        var calls = new ArrayList<FakeCall>();
        for (int j = 0; j < 5_000; j++) {
          var call = new FakeCall(time.nanoTime() + (j * 7 + thread) % 20 * 100_000L);
          calls.add(call);
          waiting.add(call);
          deadlines.watch(call.deadlineNanos);
        }
        return calls;
      }));
    }

    for (var caller : callers) {
      for (var call : caller.get()) {
        call.exceptionally(failure -> "ended").get(60, TimeUnit.SECONDS);
      }
    }
    executor.shutdown();
  }

  private long expire(long nowNanos) {
    looks++;
    while (!due.isEmpty() && due.peek() <= nowNanos) {
      ended.add(due.remove());
    }
    return due.isEmpty() ? -1 : due.peek() - nowNanos;
  }
}
