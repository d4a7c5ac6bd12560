package dev.scaling.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class VirtualTimeTest {

  private final VirtualTime time = new VirtualTime();
  private final List<String> ran = new ArrayList<>();

  @Test
  void tasks_runWhenDue_inOrder() {
    schedule("second", 2);
    schedule("first", 1);
    schedule("alsoSecond", 2);
    schedule("never", 3);

    time.advance(Duration.ofSeconds(2));

    assertThat(ran).containsExactly("first@1", "second@2", "alsoSecond@2");
    assertThat(time.pending()).isEqualTo(1);
  }

  @Test
  void tasks_neverRunInsideSchedule() {
    schedule("dueAtOnce", 0);
    assertThat(ran).isEmpty();

    time.advance(Duration.ZERO);

    assertThat(ran).containsExactly("dueAtOnce@0");
  }

  @Test
  void tasks_scheduledByTasks_runInTheSameAdvance() {
    time.schedule(() -> schedule("inner", 1), Duration.ofSeconds(1));

    time.advance(Duration.ofSeconds(2));

    assertThat(ran).containsExactly("inner@2");
  }

  @Test
  void cancelledTask_doesNotRun() {
    var task = time.schedule(() -> ran.add("cancelled"), Duration.ofSeconds(1));
    task.cancel();
    task.cancel();

    time.advance(Duration.ofSeconds(1));

    assertThat(ran).isEmpty();
    assertThat(time.pending()).isZero();
  }

  @Test
  void failingTask_keepsNoOtherFromRunning_andFailsTheTestAtTheEnd() {
    var failure = new IllegalArgumentException("first");
    time.schedule(
        () -> {
          throw failure;
        },
        Duration.ofSeconds(1));
    schedule("later", 2);

    assertThatThrownBy(() -> time.advance(Duration.ofSeconds(3))).isSameAs(failure);

    assertThat(ran).containsExactly("later@2");
    assertThat(time.nanoTime()).isEqualTo(Duration.ofSeconds(3).toNanos());
  }

  @Test
  void wallClock_movesWithTime_andIsSteppedAlone() {
    long first = Instant.parse("2026-01-01T00:00:00Z").toEpochMilli();
    assertThat(time.currentTimeMillis()).isEqualTo(first);

    time.advance(Duration.ofMillis(5));
    time.stepWallClock(Duration.ofHours(-1));

    assertThat(time.currentTimeMillis()).isEqualTo(first + 5 - 3_600_000);
    assertThat(time.nanoTime()).isEqualTo(5_000_000);
  }

  @Test
  void readings_wrap_andTasksStillRunInOrder() {
    var wrapping = VirtualTime.startingAt(Long.MAX_VALUE - 1);
    wrapping.schedule(() -> ran.add("later " + wrapping.nanoTime()), Duration.ofNanos(2));
    wrapping.schedule(() -> ran.add("sooner " + wrapping.nanoTime()), Duration.ofNanos(1));

    wrapping.advance(Duration.ofNanos(3));

    assertThat(ran).containsExactly("sooner " + Long.MAX_VALUE, "later " + Long.MIN_VALUE);
  }

  @Test
  void advance_refusesToGoBack_orToBeNested() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> time.advance(Duration.ofNanos(-1)))
        .withMessage("elapsed must be in [PT0S, PT876000H]: PT-0.000000001S");

    time.schedule(() -> time.advance(Duration.ZERO), Duration.ZERO);
    assertThatIllegalStateException()
        .isThrownBy(() -> time.advance(Duration.ZERO))
        .withMessage("time is being advanced already");
  }

  @Test
  void tasks_scheduledByManyThreads_allRunOnceOnTheAdvancingThread() throws Exception {
    var begin = new CountDownLatch(1);
    var runs = new AtomicInteger();
    var strangers = new AtomicInteger();
    Thread advancing = Thread.currentThread();
    var threads = new ArrayList<Thread>();
    for (int i = 0; i < 4; i++) {
      var thread = new Thread(() -> {
        for (int n = 0; n < 1_000; n++) {
          time.schedule(
              () -> {
                runs.incrementAndGet();
                strangers.addAndGet(Thread.currentThread() == advancing ? 0 : 1);
              },
              Duration.ofNanos(n % 7));
          begin.countDown();
        }
      });
      thread.start();
      threads.add(thread);
    }

    begin.await();
    for (int i = 0; i < 1_000; i++) {
      time.advance(Duration.ofNanos(1));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    time.advance(Duration.ofNanos(7));

    assertThat(runs).hasValue(4_000);
    assertThat(strangers).hasValue(0);
    assertThat(time.pending()).isZero();
  }

  private void schedule(String name, int seconds) {
    time.schedule(
        () -> ran.add(name + "@" + Duration.ofNanos(time.nanoTime()).toSeconds()),
        Duration.ofSeconds(seconds));
  }
}
