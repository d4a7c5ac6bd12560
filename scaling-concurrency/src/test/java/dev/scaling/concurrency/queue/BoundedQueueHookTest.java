package dev.scaling.concurrency.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.concurrency.queue.DeadLetter.Reason;
import dev.scaling.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the dead-letter hook gets, and what the log says of it. */
@Timeout(20)
final class BoundedQueueHookTest {

  private static final Logger LOGGER = Logger.getLogger(BoundedQueue.class.getName());

  private final VirtualTime time = new VirtualTime();
  private final Held held = new Held();
  private final List<String> logged = new ArrayList<>();
  private final Handler capture = new Capture(logged);

  @BeforeEach
  void listen() {
    LOGGER.addHandler(capture);
    LOGGER.setUseParentHandlers(false);
  }

  @AfterEach
  void end() {
    LOGGER.removeHandler(capture);
    LOGGER.setUseParentHandlers(true);
  }

  @Test
  void hookThatThrows_isCountedAndLoggedOnceAMinute_andGetsTheNextLetter() {
    List<String> seen = new ArrayList<>();
    var queue = failing(letter -> {
      seen.add(letter.item());
      throw new AssertionError("secret");
    });

    queue.tryPut("a");
    queue.tryPut("b");
    assertThat(logged)
        .containsExactly("things: the deadLetter hook threw: java.lang.AssertionError");
    time.advance(Duration.ofMinutes(1));
    queue.tryPut("c");

    assertThat(seen).containsExactly("a", "b", "c");
    assertThat(logged).hasSize(2);
    assertThat(queue.snapshot().hookFailures()).isEqualTo(3);
  }

  @Test
  void deadLettersWithoutAHook_areLoggedOnceAMinute_withoutWhatTheyHold() {
    var queue = BoundedQueue.<String>builder("things", item -> {
          throw new IllegalStateException(item);
        })
        .executor(Runnable::run)
        .time(time)
        .build();

    queue.tryPut("secret");
    queue.tryPut("secret");
    time.advance(Duration.ofMinutes(1));
    queue.tryPut("secret");

    assertThat(logged)
        .containsExactly(
            "things: no deadLetter hook, and items are given up: FAILED",
            "things: no deadLetter hook, and items are given up: FAILED");
    assertThat(queue.snapshot().failed()).isEqualTo(3);
  }

  @Test
  void hookGetsOneLetterAtATime_inTheirOrder() {
    var queue = held.builder().build();
    queue.tryPut("a");
    held.runAll();
    queue.tryPut("b");
    queue.tryPut("c");

    queue.close();

    assertThat(held.tasks()).isEqualTo(1);
    held.runAll();
    assertThat(held.given()).containsExactly("CLOSED b", "CLOSED c");
  }

  @Test
  void hookMayPutAnItemBack() {
    List<BoundedQueue<String>> queues = new ArrayList<>();
    var queue = failing(letter -> {
      if (letter.item().length() < 3) {
        queues.get(0).tryPut(letter.item() + "!");
      }
      held.letters.add(letter);
    });
    queues.add(queue);

    queue.tryPut("a");

    assertThat(held.given()).containsExactly("FAILED a", "FAILED a!", "FAILED a!!");
    assertThat(held.letters).extracting(DeadLetter::reason).containsOnly(Reason.FAILED);
  }

  private BoundedQueue<String> failing(Consumer<DeadLetter<String>> hook) {
    return BoundedQueue.<String>builder("things", item -> {
          throw new IllegalStateException("on purpose");
        })
        .deadLetter(hook)
        .executor(Runnable::run)
        .time(time)
        .build();
  }

  private static final class Capture extends Handler {

    private final List<String> logged;

    Capture(List<String> logged) {
      this.logged = logged;
    }

    @Override
    public void publish(LogRecord entry) {
      logged.add(entry.getMessage());
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }
}
