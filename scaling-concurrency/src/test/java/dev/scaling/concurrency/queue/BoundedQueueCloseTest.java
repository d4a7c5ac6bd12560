package dev.scaling.concurrency.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.scaling.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How a queue ends, and what becomes of what it holds. */
@Timeout(60)
final class BoundedQueueCloseTest {

  private static final Duration SECOND = Duration.ofSeconds(1);

  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final NarrowQueue narrow = new NarrowQueue();
  private final VirtualTime time = narrow.time;
  private final Held held = narrow.held;
  private final BoundedQueue<String> queue = narrow.queue;

  @AfterEach
  void end() {
    threads.shutdownNow();
  }

  @Test
  void close_cancelsPutsThatWait() throws Exception {
    narrow.fill();
    var caller = threads.submit(() -> queue.put("c"));
    narrow.untilProducers(1);

    queue.close();

    assertThat(NarrowQueue.failsWith(caller, CancellationException.class))
        .hasMessage("things: the queue was closed");
  }

  @Test
  void closeWithATimeout_letsWhatWaitsBeHandled() throws Exception {
    narrow.fill();
    var waiting = queue.putAsync("c");
    var closer = threads.submit(() -> queue.close(SECOND));
    narrow.untilTimers(1);
    held.runAll();

    assertThat(waiting).isCancelled();
    assertThatIllegalStateException().isThrownBy(() -> queue.tryPut("d"));
    assertThat(queue)
        .hasToString("BoundedQueue[things, draining, waiting=1, running=1, producers=0]");
    held.end();
    assertThat(closer).isNotDone();
    held.end();

    assertThat(closer.get()).isTrue();
    assertThat(held.begun).containsExactly("a", "b");
    assertThat(held.letters).isEmpty();
    assertThat(time.pending()).isZero();
    assertThat(queue.close(SECOND)).isTrue();
  }

  @Test
  void closeWithATimeout_givesUpWhatWaits_onceThatIsOver() throws Exception {
    narrow.fill();
    var closer = threads.submit(() -> queue.close(SECOND));
    narrow.untilTimers(1);

    time.advance(SECOND);

    assertThat(closer.get()).isFalse();
    held.runAll();
    assertThat(held.given()).containsExactly("CLOSED b");
    assertThat(queue.snapshot().running()).isEqualTo(1);
  }

  @Test
  void closeWithATimeout_waitsForTheHook() throws Exception {
    narrow.fill();
    var closer = threads.submit(() -> queue.close(SECOND));
    narrow.untilTimers(1);

    queue.close();
    held.endWithoutRunning();
    assertThat(queue.snapshot().undelivered()).isEqualTo(1);
    assertThat(closer).isNotDone();
    held.runAll();

    assertThat(closer.get()).isTrue();
    assertThat(held.given()).containsExactly("CLOSED b");
  }

  @Test
  void interruptedClose_closesAtOnce() throws Exception {
    narrow.fill();
    var flag = new CompletableFuture<Boolean>();
    var caller = new Thread(() -> {
      try {
        queue.close(SECOND);
      } catch (CancellationException e) {
        flag.complete(Thread.currentThread().isInterrupted());
      }
    });
    caller.start();
    narrow.untilTimers(1);

    caller.interrupt();

    assertThat(flag.get()).isTrue();
    assertThat(queue.snapshot().closed()).isEqualTo(1);
    assertThat(time.pending()).isZero();
  }

  @Test
  void handlerThatClosesWithATimeout_isTold() throws Exception {
    List<BoundedQueue<String>> queues = new ArrayList<>();
    var outcome = new CompletableFuture<DeadLetter<String>>();
    try (var own = BoundedQueue.<String>builder("things", item -> queues.get(0).close(SECOND))
        .deadLetter(outcome::complete)
        .build()) {
      queues.add(own);

      own.put("a");

      assertThat(outcome.get().cause())
          .hasMessage("things: the queue's own handler or hook would wait for its own end");
      assertThat(own.toString()).doesNotContain("draining");
    }
  }

  @Test
  void threadsOfTheQueue_endWithIt_thoughItHasDeadLetters() throws Exception {
    var open = new CompletableFuture<Void>();
    var handling = new CompletableFuture<Thread>();
    var hooking = new CompletableFuture<Thread>();
    var own = BoundedQueue.<String>builder("things", item -> {
          handling.complete(Thread.currentThread());
          open.get();
          throw new IllegalStateException("on purpose");
        })
        .deadLetter(letter -> hooking.complete(Thread.currentThread()))
        .build();
    own.put("a");
    var thread = handling.get();

    own.close();
    assertThat(thread.isAlive()).isTrue();
    open.complete(null);

    assertThat(thread.isDaemon()).isTrue();
    hooking.get().join(10_000);
    thread.join(10_000);
    assertThat(thread.isAlive()).isFalse();
    assertThat(hooking.get().isAlive()).isFalse();
  }
}
