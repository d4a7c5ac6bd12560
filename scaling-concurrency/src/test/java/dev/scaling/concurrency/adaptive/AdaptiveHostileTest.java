package dev.scaling.concurrency.adaptive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.scaling.testkit.VirtualTime;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Executors, predicates and stages that do what they should not. */
@Timeout(60)
final class AdaptiveHostileTest {

  private final VirtualTime time = new VirtualTime();

  @Test
  void executorThatThrowsAnything_losesNoCallAndNoSlot() {
    var isFull = new boolean[] {false};
    try (var limit = builder()
        .executor(task -> {
          if (isFull[0]) {
            throw new OutOfMemoryError("unable to create native thread");
          }
          task.run();
        })
        .build()) {
      var held = limit.acquire();
      var served = limit.acquireAsync(Priority.NORMAL);
      isFull[0] = true;

      held.success();
      assertThat(served).isCompleted();

      var late = limit.acquireAsync(Priority.NORMAL);
      time.advance(Duration.ofMillis(100));
      assertThat(late).isCompletedExceptionally();
    }
  }

  @Test
  void executorThatThrowsAfterItsTask_takesNoPermitBack() {
    try (var limit = builder()
        .executor(task -> {
          task.run();
          throw new RejectedExecutionException("late");
        })
        .build()) {
      var held = limit.acquire();
      var served = limit.acquireAsync(Priority.NORMAL);

      held.success();

      assertThat(served).isCompleted();
      assertThat(limit.snapshot().usage()).isEqualTo(1);
    }
  }

  @Test
  void predicateThatThrowsAnError_isANo() {
    try (var limit = builder()
        .overloadedWhen(failure -> {
          throw new AssertionError("predicate");
        })
        .build()) {
      assertThatThrownBy(() -> limit.run(() -> {
            throw new IOException("gone");
          }))
          .isInstanceOf(IOException.class);
      var thrown = limit.<Integer>runAsync(Priority.NORMAL, () -> {
        throw new IllegalArgumentException("gone");
      });
      assertThat(thrown).isCompletedExceptionally();
      var failed = limit.<Integer>runAsync(
          Priority.NORMAL, () -> CompletableFuture.failedFuture(new IOException("gone")));
      assertThat(failed).isCompletedExceptionally();
      assertThat(limit.snapshot().usage()).isZero();
    }
  }

  @Test
  void predicateThatThrowsTheFailureAgain_isANo() {
    try (var limit = builder()
        .overloadedWhen(failure -> {
          throw (RuntimeException) failure;
        })
        .build()) {
      var gone = new UncheckedIOException("gone", new IOException());
      assertThatThrownBy(() -> limit.run(() -> {
            throw gone;
          }))
          .isSameAs(gone);
      var failed =
          limit.<Integer>runAsync(Priority.NORMAL, () -> CompletableFuture.failedFuture(gone));
      assertThat(failed).isCompletedExceptionally();
      assertThat(limit.snapshot().usage()).isZero();
    }
  }

  @Test
  void stageThatTakesNoCallback_keepsNoSlot() {
    try (var limit = builder().build()) {
      var failed = limit.<Integer>runAsync(Priority.NORMAL, () -> new CompletableFuture<>() {
        @Override
        public CompletableFuture<Integer> whenComplete(
            BiConsumer<? super Integer, ? super Throwable> action) {
          throw new UnsupportedOperationException();
        }
      });
      assertThat(failed).isCompletedExceptionally();
      assertThat(limit.snapshot().usage()).isZero();
    }
  }

  @Test
  void longLineThatIsServedInline_losesNobody() {
    try (var limit = builder().maximumWaiting(10_000).executor(Runnable::run).build()) {
      var held = limit.acquire();
      var served = new AtomicInteger();
      for (int i = 0; i < 10_000; i++) {
        limit.acquireAsync(Priority.NORMAL).thenAccept(permit -> {
          served.incrementAndGet();
          permit.success();
        });
      }
      held.success();
      assertThat(served).hasValue(10_000);
      assertThat(limit.snapshot().usage()).isZero();
      assertThat(limit.snapshot().waiting()).isZero();
    }
  }

  @Test
  void longLineOfAClosedExecutor_losesNobody() {
    try (var limit = builder()
        .maximumWaiting(10_000)
        .executor(task -> {
          throw new RejectedExecutionException();
        })
        .build()) {
      var held = limit.acquire();
      var served = new AtomicInteger();
      var all = new ArrayList<CompletableFuture<Integer>>();
      for (int i = 0; i < 10_000; i++) {
        Supplier<CompletionStage<Integer>> work =
            () -> CompletableFuture.completedFuture(served.incrementAndGet());
        all.add(limit.runAsync(Priority.NORMAL, work));
      }
      held.success();
      assertThat(served).hasValue(10_000);
      assertThat(all).allMatch(CompletableFuture::isDone);
      assertThat(limit.snapshot().usage()).isZero();
    }
  }

  @Test
  @SuppressWarnings("NullAway") // as completeOnTimeout(null, …) does
  void callThatIsCompletedByItsCaller_leavesTheLine() {
    try (var limit = builder().executor(Runnable::run).build()) {
      limit.acquire();
      var call = limit.acquireAsync(Priority.NORMAL);

      call.complete(null);

      assertThat(limit.snapshot().waiting()).isZero();
    }
  }

  @Test
  void timeThatWraps_changesNothing() {
    var wrapping = VirtualTime.startingAt(Long.MAX_VALUE - 50_000_000);
    try (var limit = builder().time(wrapping).executor(Runnable::run).build()) {
      limit.acquire();
      var first = limit.acquireAsync(Priority.NORMAL);
      wrapping.advance(Duration.ofMillis(99));
      assertThat(first).isNotDone();
      var second = limit.acquireAsync(Priority.NORMAL);
      wrapping.advance(Duration.ofMillis(1));
      assertThat(first).isDone();
      wrapping.advance(Duration.ofMillis(99));
      assertThat(second).isDone();
      wrapping.stepWallClock(Duration.ofDays(-365_000));
      wrapping.advance(Duration.ofMinutes(1));
    }
    assertThat(wrapping.pending()).isZero();
  }

  private AdaptiveLimitBuilder builder() {
    return AdaptiveLimit.builder("server")
        .initialLimit(1)
        .maximumLimit(1)
        .executor(Runnable::run)
        .time(time);
  }
}
