package dev.scaling.concurrency.adaptive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.scaling.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who gets a slot, who waits, and who is refused. */
@Timeout(60)
final class AdaptiveLimitTest {

  private final VirtualTime time = new VirtualTime();
  private final AdaptiveLimit limit = builder().build();

  @AfterEach
  void end() {
    limit.close();
    assertThat(time.pending()).as("timers left behind").isZero();
  }

  @Test
  void slots_areGrantedUpToTheLimit_andComeBack() {
    var one = limit.acquire();
    var two = limit.acquire();
    assertThat(limit.tryAcquire()).isEmpty();

    one.success();
    one.success();
    one.close();

    assertThat(limit.snapshot().usage()).isEqualTo(1);
    assertThat(limit.tryAcquire()).isPresent();
    two.close();
    assertThat(limit.snapshot())
        .isEqualTo(new AdaptiveSnapshot(1, 0, 1, 1, 0, /* limit= */ 2, /* usage= */ 1, 0));
  }

  @Test
  void waitingCalls_areServedByPriority_thenInOrder() {
    var held = full();
    var order = new ArrayList<String>();
    for (var each : List.of(Priority.LOW, Priority.HIGH, Priority.NORMAL, Priority.HIGH)) {
      int number = order.size() + limit.snapshot().waiting();
      limit.acquireAsync(each).thenAccept(permit -> {
        order.add(each + " " + number);
        permit.success();
      });
    }

    held.forEach(AdaptivePermit::success);

    assertThat(order).containsExactly("HIGH 1", "HIGH 3", "NORMAL 2", "LOW 0");
  }

  @Test
  void tryAcquire_overtakesNobody() {
    var held = full();
    var waiting = limit.acquireAsync(Priority.LOW);

    held.get(0).close();

    assertThat(waiting).isCompleted();
    assertThat(limit.tryAcquire()).isEmpty();
  }

  @Test
  void burst_mayWaitForMaxWait() {
    full();
    var waiting = limit.acquireAsync(Priority.NORMAL);

    time.advance(Duration.ofMillis(99));
    assertThat(waiting).isNotDone();

    time.advance(Duration.ofMillis(1));
    assertRefused(waiting, "server: at its limit of 2 calls, and it had waited too long");
    assertThat(limit.snapshot().waitedTooLong()).isEqualTo(1);
  }

  @Test
  void standingLine_isServedFromItsEnd_andItsCallsWaitShortly() {
    var held = full();
    waitEvery(Duration.ofMillis(60), 3); // never empty for 120 ms
    var old = limit.acquireAsync(Priority.NORMAL);
    var young = limit.acquireAsync(Priority.NORMAL);

    held.get(0).success();
    assertThat(young).isCompleted();
    assertThat(old).isNotDone();

    time.advance(Duration.ofMillis(5));
    assertRefused(old, "server: at its limit of 2 calls, and it had waited too long");
  }

  @Test
  void overload_isNotOverBecauseTheLineIsEmptyForAMoment() {
    full();
    waitEvery(Duration.ofMillis(60), 3);
    limit.acquireAsync(Priority.NORMAL);
    time.advance(Duration.ofMillis(99)); // all have left

    var soon = limit.acquireAsync(Priority.NORMAL);
    time.advance(Duration.ofMillis(5));
    assertRefused(soon, "server: at its limit of 2 calls, and it had waited too long");

    time.advance(Duration.ofMillis(95));
    var later = limit.acquireAsync(Priority.NORMAL);
    time.advance(Duration.ofMillis(99));
    assertThat(later).isNotDone();
  }

  @Test
  void standingLineOfOnePriority_isNoneOfAnother() {
    full();
    waitEvery(Duration.ofMillis(60), 3);
    var high = limit.acquireAsync(Priority.HIGH);

    time.advance(Duration.ofMillis(99));

    assertThat(high).isNotDone();
  }

  @Test
  void fullRoom_refusesTheLeast() {
    full();
    var low = limit.acquireAsync(Priority.LOW);
    var normal = limit.acquireAsync(Priority.NORMAL);
    limit.acquireAsync(Priority.NORMAL);
    limit.acquireAsync(Priority.NORMAL);

    var high = limit.acquireAsync(Priority.HIGH);
    assertRefused(low, "server: at its limit of 2 calls, and too many wait");
    assertRefused(
        limit.acquireAsync(Priority.LOW), "server: at its limit of 2 calls, and too many wait");
    assertThat(high).isNotDone();
    assertThat(normal).isNotDone();
    assertThat(limit.snapshot().refused()).isEqualTo(2);
  }

  @Test
  void withoutRoom_aCallIsRefusedAtOnce() {
    try (var strict = builder().maximumWaiting(0).build()) {
      strict.acquire();
      strict.acquire();

      assertThatExceptionOfType(ConcurrencyLimitedException.class)
          .isThrownBy(() -> strict.acquire(Priority.CRITICAL))
          .withMessage("server: at its limit of 2 calls, and no call may wait")
          .satisfies(e -> {
            assertThat(e.component()).isEqualTo("server");
            assertThat(e.getStackTrace()).isEmpty();
          });
    }
  }

  @Test
  void cancelledCall_leavesTheLine() {
    var held = full();
    var first = limit.acquireAsync(Priority.NORMAL);
    var second = limit.acquireAsync(Priority.NORMAL);

    first.cancel(/* mayInterruptIfRunning= */ false);
    held.get(0).success();

    assertThat(second).isCompleted();
    assertThat(limit.snapshot().waiting()).isZero();
    assertThat(limit.snapshot().usage()).isEqualTo(2);
  }

  @Test
  void permitThatComesTooLate_goesOn() {
    var executor = new ArrayList<Runnable>();
    try (var late = builder().executor(executor::add).build()) {
      var held = List.of(late.acquire(), late.acquire());
      var gone = late.acquireAsync(Priority.NORMAL);
      held.get(0).success();
      gone.orTimeout(1, java.util.concurrent.TimeUnit.NANOSECONDS);
      assertThatExceptionOfType(ExecutionException.class).isThrownBy(gone::get);

      executor.forEach(Runnable::run);

      assertThat(late.snapshot().usage()).isEqualTo(1);
    }
  }

  @Test
  void closedLimit_cancelsWhoWaits_andRefusesWhoComes() {
    var held = full();
    var waiting = limit.acquireAsync(Priority.NORMAL);

    limit.close();
    limit.close();

    assertThat(waiting).isCompletedExceptionally();
    assertThatExceptionOfType(CancellationException.class)
        .isThrownBy(waiting::get)
        .satisfies(e -> assertThat(waiting.isCancelled()).isTrue());
    assertThatIllegalStateException()
        .isThrownBy(limit::acquire)
        .withMessage("server: the limit is closed");
    held.forEach(AdaptivePermit::success);
    assertThat(limit).hasToString("AdaptiveLimit[server, closed, limit=2, usage=0, waiting=0]");
  }

  private void waitEvery(Duration gap, int times) {
    for (int i = 0; i < times; i++) {
      limit.acquireAsync(Priority.NORMAL);
      if (i < times - 1) {
        time.advance(gap);
      }
    }
  }

  private List<AdaptivePermit> full() {
    return List.of(limit.acquire(), limit.acquire());
  }

  private AdaptiveLimitBuilder builder() {
    return AdaptiveLimit.builder("server")
        .initialLimit(2)
        .maximumWaiting(4)
        .executor(Runnable::run)
        .time(time);
  }

  private static void assertRefused(CompletableFuture<AdaptivePermit> call, String message) {
    assertThatExceptionOfType(ExecutionException.class)
        .isThrownBy(call::get)
        .havingCause()
        .isInstanceOf(ConcurrencyLimitedException.class)
        .withMessage(message);
  }
}
