package dev.scaling.concurrency.collapse;

import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.testkit.VirtualTime;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Executors and stages that throw what they should not. */
@Timeout(20)
final class CollapseExecutorTest {

  private final VirtualTime time = new VirtualTime();

  @Test
  void executorThatThrowsAnError_leavesNoFlightBehind() {
    var broken = new boolean[] {true};
    try (var collapser = Collapser.<String, Integer>builder("things")
        .executor(task -> {
          if (broken[0]) {
            throw new OutOfMemoryError("unable to create native thread");
          }
          task.run();
        })
        .time(time)
        .build()) {
      var failed = collapser.runAsync("a", () -> CompletableFuture.completedFuture(1));
      assertThat(failed).isCompletedExceptionally();
      broken[0] = false;

      var later = collapser.runAsync("a", () -> CompletableFuture.completedFuture(2));

      assertThat(later).isCompletedWithValue(2);
    }
  }

  @Test
  void executorThatThrowsAnError_doesNotStopTheBatcher() {
    var broken = new boolean[] {true};
    try (var batcher = Batcher.<String, Integer>builder("things", keys -> Map.of("a", 1, "b", 2))
        .executor(task -> {
          if (broken[0]) {
            throw new OutOfMemoryError("unable to create native thread");
          }
          task.run();
        })
        .time(time)
        .build()) {
      assertThat(batcher.loadAsync("a")).isCompletedExceptionally();
      broken[0] = false;

      assertThat(batcher.loadAsync("b")).isCompletedWithValue(2);
    }
  }

  @Test
  void executorThatThrowsForOneCaller_disturbsNoOther() {
    var stage = new CompletableFuture<Integer>();
    var refusals = new AtomicInteger();
    try (var collapser = Collapser.<String, Integer>builder("things")
        .executor(task -> {
          if (refusals.getAndDecrement() > 0) {
            throw new IllegalStateException("full");
          }
          task.run();
        })
        .time(time)
        .build()) {
      var one = collapser.runAsync("a", () -> stage);
      var two = collapser.runAsync("a", () -> stage);
      var three = collapser.runAsync("a", () -> stage);
      refusals.set(1);

      stage.complete(7);

      assertThat(one).isCompletedWithValue(7);
      assertThat(two).isCompletedWithValue(7);
      assertThat(three).isCompletedWithValue(7);
    }
  }

  @Test
  void executorThatThrowsForOneKey_disturbsNoOther() {
    var refusals = new AtomicInteger();
    var held = new HeldExecutor();
    try (var batcher = Batcher.<Integer, Integer>builder("things", keys -> {
          refusals.set(1);
          return Map.of(1, 1, 2, 2, 3, 3);
        })
        .executor(task -> {
          if (refusals.getAndDecrement() > 0) {
            throw new IllegalStateException("full");
          }
          held.execute(task);
        })
        .linger(Duration.ofMillis(1))
        .time(time)
        .build()) {
      var one = batcher.loadAsync(1);
      var two = batcher.loadAsync(2);
      var three = batcher.loadAsync(3);
      time.advance(Duration.ofMillis(1));
      held.runAll();
      assertThat(one).isCompletedWithValue(1);
      assertThat(two).isCompletedWithValue(2);
      assertThat(three).isCompletedWithValue(3);
    }
  }

  @Test
  void stageThatCannotBeCancelled_letsItsCallerCancel() {
    try (var collapser = Collapser.<String, Integer>builder("things")
        .executor(Runnable::run)
        .time(time)
        .build()) {
      var stage = new CompletableFuture<Integer>() {
        @Override
        public CompletableFuture<Integer> toCompletableFuture() {
          throw new IllegalStateException("no");
        }
      };
      var call = collapser.runAsync("a", () -> stage);
      call.cancel(false);
      assertThat(call).isCancelled();
    }
  }
}
