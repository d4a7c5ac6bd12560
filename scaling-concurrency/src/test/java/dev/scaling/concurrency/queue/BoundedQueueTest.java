package dev.scaling.concurrency.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.scaling.concurrency.queue.BoundedQueueBuilder.WhenFull;
import dev.scaling.concurrency.queue.DeadLetter.Reason;
import dev.scaling.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Room, slots, ages and the line of puts, step by step. */
@Timeout(20)
final class BoundedQueueTest {

  private static final Duration SECOND = Duration.ofSeconds(1);

  private final Held held = new Held();
  private final VirtualTime time = VirtualTime.startingAt(Long.MAX_VALUE - 5);

  @Test
  void items_areBegunInTheirOrder_atMostAsManyAsThereAreSlots() {
    var queue = held.builder().concurrency(2).build();

    put(queue, "a", "b", "c", "d");

    assertThat(held.begun).containsExactly("a", "b");
    held.end();
    assertThat(held.begun).containsExactly("a", "b", "c");
    held.end();
    held.end();
    held.end();
    assertThat(held.begun).containsExactly("a", "b", "c", "d");
    assertThat(queue.snapshot().handled()).isEqualTo(4);
    assertThat(held.letters).isEmpty();
  }

  @Test
  void fullQueue_refusesATry_untilAnItemIsBegun() {
    var queue = held.builder().capacity(1).build();
    put(queue, "a", "b");

    assertThat(queue.tryPut("c")).isFalse();

    held.end();
    assertThat(queue.tryPut("c")).isTrue();
    assertThat(queue.snapshot().refused()).isEqualTo(1);
  }

  @Test
  void putsThatWait_areAcceptedInTheirOrder_andNotOvertaken() {
    var queue = held.builder().capacity(1).time(time).build();
    put(queue, "a", "b");
    var third = queue.putAsync("c");
    var fourth = queue.putAsync("d", SECOND);
    assertThat(queue.snapshot().producers()).isEqualTo(2);

    held.end();

    assertThat(third).isCompleted();
    assertThat(fourth).isNotDone();
    assertThat(queue.tryPut("e")).isFalse();
    held.end();
    assertThat(fourth).isCompleted();
    assertThat(time.pending()).isZero();
  }

  @Test
  void putThatTimesOut_leavesTheLine() {
    var queue = held.builder().capacity(1).time(time).build();
    put(queue, "a", "b");
    var hasty = queue.putAsync("c", SECOND);
    var patient = queue.putAsync("d");

    time.advance(SECOND);
    held.runAll();

    assertThatExceptionOfType(CompletionException.class)
        .isThrownBy(hasty::join)
        .havingCause()
        .isInstanceOf(QueueFullException.class)
        .withMessage("things: no room for another of 1 items within PT1S");
    held.end();
    assertThat(patient).isCompleted();
    assertThat(queue.snapshot().refused()).isEqualTo(1);
    held.end();
    held.end();
    assertThat(held.begun).containsExactly("a", "b", "d");
  }

  @Test
  void cancelledPut_leavesTheLine_unlessItWasAccepted() {
    var queue = held.builder().capacity(1).time(time).build();
    put(queue, "a", "b");
    var left = queue.putAsync("c", SECOND);
    var late = queue.putAsync("d");

    assertThat(left.cancel(true)).isTrue();
    assertThat(time.pending()).isZero();
    held.endWithoutRunning();

    assertThat(late.cancel(true)).isFalse();
    assertThat(late.completeExceptionally(new IllegalStateException("late"))).isFalse();
    held.runAll();
    assertThat(late).isCompletedWithValue(null);
    held.end();
    held.end();
    assertThat(held.begun).containsExactly("a", "b", "d");
  }

  @Test
  void putWithoutAWait_refusesAtOnce() {
    var queue = held.builder().capacity(1).time(time).build();
    put(queue, "a", "b");

    assertThatExceptionOfType(QueueFullException.class)
        .isThrownBy(() -> queue.put("c", Duration.ZERO))
        .satisfies(refusal -> assertThat(refusal.getStackTrace()).isEmpty());
    assertThat(queue.putAsync("c", Duration.ZERO)).isCompletedExceptionally();
    assertThat(queue.snapshot().producers()).isZero();
  }

  @Test
  void oldestItem_isDropped_ifTheQueueIsToldTo() {
    var queue = held.builder().capacity(2).whenFull(WhenFull.DROP_OLDEST).build();
    put(queue, "a", "b", "c", "d");

    assertThat(held.given()).containsExactly("OVERFLOWED b");
    held.end();
    held.end();
    assertThat(held.begun).containsExactly("a", "c", "d");
  }

  @Test
  void hookThatIsBehind_holdsUpPuts_evenOfAQueueThatDrops() {
    var queue = held.builder().capacity(1).whenFull(WhenFull.DROP_OLDEST).build();
    put(queue, "a", "b");

    assertThat(queue.tryPut("c")).isTrue();
    assertThat(queue.tryPut("d")).isFalse();
    var waiting = queue.putAsync("e");
    assertThat(queue.snapshot().undelivered()).isEqualTo(1);
    held.runAll();

    assertThat(waiting).isCompleted();
    assertThat(held.given()).containsExactly("OVERFLOWED b", "OVERFLOWED c");
  }

  @Test
  void failure_isADeadLetterWithItsCause() {
    var queue = held.builder().build();
    put(queue, "a", "b");
    var failure = new IllegalArgumentException("bad");

    held.fail(new CompletionException(failure));

    var letter = held.letters.get(0);
    assertThat(letter.cause()).isSameAs(failure);
    assertThat(letter.reason()).isEqualTo(Reason.FAILED);
    assertThat(letter).hasToString("DeadLetter[FAILED, age=" + letter.age() + "]");
    assertThat(held.begun).containsExactly("a", "b");
  }

  @Test
  void slotsThatCameFreeElsewhere_areSeen() {
    var free = new AtomicInteger();
    var queue = held.builder()
        .slots(() -> free.getAndUpdate(n -> Math.max(0, n - 1)) > 0 ? failure -> {} : null)
        .build();
    put(queue, "a");
    assertThat(held.begun).isEmpty();

    free.set(1);
    queue.lookAgain();
    held.runAll();

    assertThat(held.begun).containsExactly("a");
  }

  @Test
  void thousandItems_needNoThousandFrames_onTheCallersThread() {
    int[] handled = {0};
    var gate = new CompletableFuture<Void>();
    var queue = BoundedQueue.<Integer>builderOfStages("things", item -> {
          handled[0]++;
          return item == 0 ? gate : CompletableFuture.completedFuture(null);
        })
        .capacity(100_000)
        .executor(Runnable::run)
        .build();
    for (int i = 0; i < 100_000; i++) {
      queue.tryPut(i);
    }

    gate.complete(null);

    assertThat(handled[0]).isEqualTo(100_000);
    assertThat(queue.snapshot().handled()).isEqualTo(100_000);
  }

  @Test
  void handlersThatBlock_holdUpNobodyBeyondTheirSlots() throws Exception {
    var open = new CompletableFuture<Void>();
    var quick = new CompletableFuture<String>();
    try (var queue = BoundedQueue.<String>builder("things", item -> {
          if (item.equals("slow")) {
            open.get();
          } else {
            quick.complete(item);
          }
        })
        .concurrency(2)
        .build()) {
      queue.put("slow");
      queue.put("quick");

      assertThat(quick.get(10, TimeUnit.SECONDS)).isEqualTo("quick");
      open.complete(null);
      assertThat(queue.close(Duration.ofSeconds(10))).isTrue();
      assertThat(queue.snapshot().handled()).isEqualTo(2);
    }
  }

  @Test
  void closedQueue_refusesPuts() {
    var queue = held.builder().build();
    queue.close();

    List<Runnable> puts = new ArrayList<>();
    puts.add(() -> queue.tryPut("a"));
    puts.add(() -> queue.put("a"));
    puts.add(() -> queue.put("a", SECOND));
    puts.add(() -> queue.putAsync("a"));
    puts.add(() -> queue.putAsync("a", SECOND));

    assertThat(puts)
        .allSatisfy(put -> assertThatIllegalStateException()
            .isThrownBy(put::run)
            .withMessage("things: the queue is closed"));
    assertThat(queue)
        .hasToString("BoundedQueue[things, closed, waiting=0, running=0, producers=0]");
  }

  @Test
  void close_givesUpWhatWaits_andLetsFinishWhatIsUnderWay() {
    var queue = held.builder().capacity(2).build();
    put(queue, "a", "b", "c");
    var waiting = queue.putAsync("d");

    queue.close();
    queue.close();
    held.runAll();

    assertThat(held.given()).containsExactly("CLOSED b", "CLOSED c");
    assertThat(waiting.handle((nothing, failure) -> failure).join())
        .isInstanceOf(CancellationException.class)
        .hasMessage("things: the queue was closed");
    held.end();
    assertThat(queue.snapshot())
        .isEqualTo(new QueueSnapshot(3, 1, 1, 0, 0, 2, 0, 0, 0, 0, 0, 0, Duration.ZERO));
  }

  private void put(BoundedQueue<String> queue, String... items) {
    for (String item : items) {
      assertThat(queue.tryPut(item)).isTrue();
      held.runAll();
    }
  }
}
