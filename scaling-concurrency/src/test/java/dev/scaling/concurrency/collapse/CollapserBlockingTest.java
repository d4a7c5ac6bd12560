package dev.scaling.concurrency.collapse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.scaling.testkit.VirtualTime;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Callers who block, each on a thread of its own. */
@Timeout(60)
final class CollapserBlockingTest {

  private static final Duration SECOND = Duration.ofSeconds(1);

  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final VirtualTime time = new VirtualTime();
  private final Collapser<String, Integer> collapser =
      Collapser.<String, Integer>builder("things").time(time).build();
  private final CountDownLatch begun = new CountDownLatch(1);
  private final CountDownLatch open = new CountDownLatch(1);
  private final CompletableFuture<Boolean> interrupted = new CompletableFuture<>();

  @AfterEach
  void end() {
    threads.shutdownNow();
    collapser.close();
  }

  @Test
  void timedOutCaller_leavesTheOtherWhoBlocks() throws Exception {
    var hasty = threads.submit(() -> collapser.run("a", SECOND, this::execution));
    begun.await();
    var patient = threads.submit(() -> collapser.run("a", this::execution));
    untilFollowers(1);

    time.advance(SECOND);
    assertThatExceptionOfType(ExecutionException.class)
        .isThrownBy(hasty::get)
        .withCauseInstanceOf(CallTimedOutException.class);
    open.countDown();

    assertThat(patient.get()).isEqualTo(7);
    assertThat(interrupted).isNotDone();
  }

  @Test
  void executionThatNeverReturns_isInterruptedOnceAllAreTimedOut() throws Exception {
    var first = threads.submit(() -> collapser.run("a", SECOND, this::execution));
    begun.await();
    var second = threads.submit(() -> collapser.run("a", SECOND, this::execution));
    untilFollowers(1);

    time.advance(SECOND);

    assertThat(interrupted.get()).isTrue();
    assertThatExceptionOfType(ExecutionException.class).isThrownBy(first::get);
    assertThatExceptionOfType(ExecutionException.class).isThrownBy(second::get);
    assertThat(collapser.snapshot().abandoned()).isEqualTo(1);
  }

  @Test
  void interruptedCaller_leaves_andKeepsItsFlag() throws Exception {
    var outcome = new AtomicReference<Throwable>();
    var kept = new CompletableFuture<Boolean>();
    var caller = new Thread(() -> {
      try {
        collapser.run("a", this::execution);
      } catch (CancellationException e) {
        outcome.set(e);
      }
      kept.complete(Thread.currentThread().isInterrupted());
    });
    caller.start();
    begun.await();

    caller.interrupt();

    assertThat(kept.get()).isTrue();
    assertThat(outcome.get()).hasMessage("things: interrupted while waiting");
    assertThat(interrupted.get()).isTrue();
  }

  @Test
  void leaderOnItsOwnThread_isInterruptedByItsTimeout_andKeepsNoFlag() throws Exception {
    var direct = Collapser.<String, Integer>builder("things")
        .executor(Runnable::run)
        .time(time)
        .build();
    var flag = new CompletableFuture<Boolean>();
    var caller = threads.submit(() -> {
      try {
        return direct.run("a", SECOND, this::execution);
      } finally {
        flag.complete(Thread.currentThread().isInterrupted());
      }
    });
    begun.await();

    time.advance(SECOND);

    assertThatExceptionOfType(ExecutionException.class)
        .isThrownBy(caller::get)
        .withCauseInstanceOf(CallTimedOutException.class);
    assertThat(interrupted.get()).isTrue();
    assertThat(flag.get()).isFalse();
  }

  private int execution() throws InterruptedException {
    begun.countDown();
    try {
      open.await();
      return 7;
    } catch (InterruptedException e) {
      interrupted.complete(true);
      throw e;
    }
  }

  private void untilFollowers(long number) {
    while (collapser.snapshot().followers() < number) {
      Thread.onSpinWait();
    }
  }
}
