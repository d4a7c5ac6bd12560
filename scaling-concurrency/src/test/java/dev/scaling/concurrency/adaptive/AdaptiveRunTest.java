package dev.scaling.concurrency.adaptive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.scaling.testkit.VirtualTime;
import java.io.IOException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Work that is done within the limit, and what its end says about the dependency. */
@Timeout(60)
final class AdaptiveRunTest {

  private final AdaptiveLimit limit = builder().build();

  @AfterEach
  void end() {
    assertThat(limit.snapshot().usage()).as("slots left behind").isZero();
    limit.close();
  }

  @Test
  void workThatReturns_isASuccess() throws Exception {
    assertThat(limit.run(() -> 7)).isEqualTo(7);
    assertThat(limit
            .runAsync(Priority.NORMAL, () -> CompletableFuture.completedFuture(8))
            .get())
        .isEqualTo(8);

    assertThat(limit.snapshot().successes()).isEqualTo(2);
  }

  @Test
  void timeout_isAnOverload_andAnotherFailureIsNot() {
    assertThatThrownBy(() -> limit.run(() -> {
          throw new TimeoutException("slow");
        }))
        .hasMessage("slow");
    assertThatThrownBy(() -> limit.run(() -> {
          throw new IOException("gone");
        }))
        .hasMessage("gone");

    assertThat(limit.snapshot().overloads()).isEqualTo(1);
    assertThat(limit.snapshot().others()).isEqualTo(1);
  }

  @Test
  void asynchronousFailure_isSeenThroughItsWrapper() {
    var failed = limit.runAsync(
        Priority.NORMAL,
        () -> CompletableFuture.<Integer>failedFuture(new TimeoutException("slow"))
            .thenApply(value -> value));

    assertThatExceptionOfType(ExecutionException.class)
        .isThrownBy(failed::get)
        .withCauseExactlyInstanceOf(TimeoutException.class);
    assertThat(limit.snapshot().overloads()).isEqualTo(1);
  }

  @Test
  void workThatThrowsInsteadOfAStage_keepsNoSlot() {
    var failed = limit.<Integer>runAsync(Priority.NORMAL, () -> {
      throw new CompletionException(new AssertionError("error"));
    });

    assertThat(failed).isCompletedExceptionally();
    assertThat(limit.snapshot().others()).isEqualTo(1);
  }

  @Test
  void nullStage_isRefused_andKeepsNoSlot() {
    @SuppressWarnings("NullAway") // on purpose
    var failed = limit.<Integer>runAsync(Priority.NORMAL, () -> null);

    assertThatThrownBy(failed::get).hasCauseInstanceOf(NullPointerException.class);
  }

  @Test
  void predicateThatThrows_hidesNothing() {
    try (var odd = builder()
        .overloadedWhen(failure -> {
          throw new IllegalArgumentException("predicate");
        })
        .build()) {
      assertThatThrownBy(() -> odd.run(() -> {
            throw new IOException("gone");
          }))
          .isInstanceOf(IOException.class)
          .hasSuppressedException(new IllegalArgumentException("predicate"));
      assertThat(odd.snapshot().usage()).isZero();
    }
  }

  @Test
  void callCancelledWhileItWaits_isNotBegun() {
    var begun = new AtomicBoolean();
    var held = limit.acquire();
    var call = limit.runAsync(Priority.NORMAL, () -> {
      begun.set(true);
      return CompletableFuture.completedFuture(1);
    });

    call.cancel(/* mayInterruptIfRunning= */ false);
    held.success();

    assertThat(begun).isFalse();
    assertThat(limit.snapshot().waiting()).isZero();
  }

  @Test
  void callCancelledUnderWay_keepsItsSlotUntilTheWorkEnds() {
    var work = new CompletableFuture<Integer>();
    var call = limit.runAsync(Priority.NORMAL, () -> work);

    call.cancel(/* mayInterruptIfRunning= */ false);
    assertThat(limit.snapshot().usage()).isEqualTo(1);

    work.complete(1);
    assertThat(limit.snapshot().successes()).isEqualTo(1);
  }

  @Test
  void interruptedWait_keepsTheFlag_andLeavesTheLine() throws Exception {
    var held = limit.acquire();
    var outcome = new CompletableFuture<String>();
    var caller = new Thread(() -> {
      Thread.currentThread().interrupt();
      try {
        limit.acquire();
      } catch (CancellationException e) {
        outcome.complete(e.getMessage() + ", flag " + Thread.currentThread().isInterrupted());
      }
    });

    caller.start();

    assertThat(outcome.get()).isEqualTo("server: interrupted while waiting for a slot, flag true");
    assertThat(limit.snapshot().waiting()).isZero();
    held.close();
  }

  private static AdaptiveLimitBuilder builder() {
    return AdaptiveLimit.builder("server")
        .initialLimit(1)
        .maximumLimit(1)
        .executor(Runnable::run)
        .time(new VirtualTime());
  }
}
