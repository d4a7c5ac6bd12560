package dev.scaling.concurrency.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.scaling.testkit.VirtualTime;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What becomes of items with time. */
@Timeout(20)
final class BoundedQueueAgeTest {

  private static final Duration SECOND = Duration.ofSeconds(1);

  private final Held held = new Held();
  private final VirtualTime time = VirtualTime.startingAt(Long.MAX_VALUE - 5);

  @Test
  void itemThatWaitedTooLong_isGivenUpOnTime_thoughNoSlotIsFree() {
    var queue = held.builder().maxAge(SECOND).time(time).build();
    put(queue, "a", "b");
    time.advance(Duration.ofMillis(400));
    put(queue, "c");

    time.advance(Duration.ofMillis(599));
    held.runAll();
    assertThat(held.letters).isEmpty();
    time.advance(Duration.ofMillis(1));
    held.runAll();

    assertThat(held.given()).containsExactly("EXPIRED b");
    assertThat(held.letters.get(0).age()).isEqualTo(SECOND);
    time.advance(Duration.ofMillis(400));
    held.runAll();
    assertThat(held.given()).containsExactly("EXPIRED b", "EXPIRED c");
    assertThat(time.pending()).isZero();
    assertThat(held.begun).containsExactly("a");
  }

  @Test
  void expiredItem_makesRoom() {
    var queue = held.builder().capacity(1).maxAge(SECOND).time(time).build();
    put(queue, "a", "b");
    var waiting = queue.putAsync("c");

    time.advance(SECOND);
    held.runAll();

    assertThat(waiting).isCompleted();
    assertThat(queue.snapshot().oldestAge()).isZero();
  }

  @Test
  void itemThatWaitedForAThread_isNotHandledTooOld() {
    var queue = held.builder().maxAge(SECOND).time(time).build();
    queue.tryPut("a");
    time.advance(SECOND);

    held.runAll();

    assertThat(held.begun).isEmpty();
    assertThat(held.given()).containsExactly("EXPIRED a");
    put(queue, "b");
    assertThat(held.begun).containsExactly("b");
  }

  @Test
  void timerOfAnAge_isGoneWhenNothingWaits() {
    var queue = held.builder().maxAge(SECOND).time(time).build();
    put(queue, "a", "b");
    assertThat(time.pending()).isEqualTo(1);

    held.end();

    assertThat(time.pending()).isZero();
  }

  /** The page's worked timeline, in its steps. */
  @Test
  void timelineOfThePage_isTrue() {
    var queue =
        held.builder().capacity(2).maxAge(Duration.ofMillis(100)).time(time).build();
    put(queue, "a", "b", "c");
    until(10, 0);
    assertThat(queue.tryPut("d")).isFalse();
    var fifth = queue.putAsync("e");

    until(60, 10);
    held.end();
    assertThat(fifth).isCompleted();
    until(100, 60);
    put(queue, "f");
    assertThat(held.given()).containsExactly("EXPIRED c");

    until(120, 100);
    held.end();
    until(130, 120);
    queue.close();
    assertThatIllegalStateException().isThrownBy(() -> queue.tryPut("g"));
    held.fail(new IllegalArgumentException("e"));

    assertThat(held.begun).containsExactly("a", "b", "e");
    assertThat(held.given()).containsExactly("EXPIRED c", "CLOSED f", "FAILED e");
  }

  private void until(long millis, long before) {
    time.advance(Duration.ofMillis(millis - before));
    held.runAll();
  }

  private void put(BoundedQueue<String> queue, String... items) {
    for (String item : items) {
      assertThat(queue.tryPut(item)).isTrue();
      held.runAll();
    }
  }
}
