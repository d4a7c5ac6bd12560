package dev.scaling.concurrency.queue;

import static org.assertj.core.api.Assertions.assertThat;

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

/** Callers who block, each on a thread of its own. */
@Timeout(60)
final class BoundedQueueBlockingTest {

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
  void put_blocksUntilThereIsRoom() throws Exception {
    narrow.fill();
    var first = threads.submit(() -> queue.put("c"));
    narrow.untilProducers(1);
    var second = threads.submit(() -> queue.put("d", SECOND));
    narrow.untilProducers(2);

    held.end();

    first.get();
    assertThat(second).isNotDone();
    held.end();
    second.get();
    held.end();
    held.end();
    assertThat(held.begun).containsExactly("a", "b", "c", "d");
    assertThat(time.pending()).isZero();
  }

  @Test
  void put_isRefusedAfterItsWait() throws Exception {
    narrow.fill();
    var caller = threads.submit(() -> queue.put("c", SECOND));
    narrow.untilTimers(1);

    time.advance(SECOND);

    NarrowQueue.failsWith(caller, QueueFullException.class);
    assertThat(queue.snapshot().producers()).isZero();
  }

  @Test
  void interruptedPut_leavesTheLine_andKeepsItsFlag() throws Exception {
    narrow.fill();
    var flag = new CompletableFuture<Boolean>();
    var outcome = new CompletableFuture<Throwable>();
    var caller = new Thread(() -> {
      try {
        queue.put("c");
      } catch (CancellationException e) {
        flag.complete(Thread.currentThread().isInterrupted());
        outcome.complete(e);
      }
    });
    caller.start();
    narrow.untilProducers(1);

    caller.interrupt();

    assertThat(flag.get()).isTrue();
    assertThat(outcome.get()).hasMessage("things: interrupted while waiting for room");
    assertThat(queue.snapshot().producers()).isZero();
  }

  @Test
  void interruptedPut_thatWasAccepted_saysSo_andKeepsItsFlag() throws Exception {
    var producer = new Producer<>(
        new Work<>(held.builder(), held), "a", /* isBlocking= */ true, /* maxWait= */ null);
    producer.admitted(held);
    var waiting = new CompletableFuture<Boolean>();
    var caller = new Thread(() -> {
      Thread.currentThread().interrupt();
      producer.await();
      waiting.complete(Thread.currentThread().isInterrupted());
    });

    caller.start();

    assertThat(waiting.get()).isTrue();
  }

  @Test
  void handlerThatWouldWaitForItself_isTold() throws Exception {
    List<BoundedQueue<String>> queues = new ArrayList<>();
    var outcome = new CompletableFuture<DeadLetter<String>>();
    try (var greedy = BoundedQueue.<String>builder("things", item -> {
          queues.get(0).put("b");
          queues.get(0).put("c");
        })
        .capacity(1)
        .deadLetter(outcome::complete)
        .build()) {
      queues.add(greedy);

      greedy.put("a");

      var letter = outcome.get();
      assertThat(letter.item()).isEqualTo("a");
      assertThat(letter.cause())
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("things: the queue is full, and its own handler or hook would wait for room"
              + " in it for ever");
    }
  }

  @Test
  void hookThatWouldWaitForItself_isTold() throws Exception {
    List<BoundedQueue<String>> queues = new ArrayList<>();
    var outcome = new CompletableFuture<Throwable>();
    try (var greedy = BoundedQueue.<String>builder("things", item -> {
          throw new IllegalStateException("on purpose");
        })
        .capacity(1)
        .deadLetter(letter -> {
          try {
            queues.get(0).put("b"); // the letter itself takes the room of one
          } catch (IllegalStateException e) {
            outcome.complete(e);
          }
        })
        .build()) {
      queues.add(greedy);

      greedy.put("a");

      assertThat(outcome.get()).hasMessageContaining("would wait for room");
    }
  }
}
