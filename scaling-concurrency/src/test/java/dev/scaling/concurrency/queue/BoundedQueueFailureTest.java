package dev.scaling.concurrency.queue;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Handlers, hooks, stages and executors that misbehave: no item is lost, and none ends twice. */
@Timeout(20)
final class BoundedQueueFailureTest {

  private final Held held = new Held();

  @ParameterizedTest
  @MethodSource
  void handlerThatThrows_makesADeadLetter_andTheNextHasItsTurn(Throwable thrown) {
    var queue = direct(item -> {
      if (item.equals("bad")) {
        throw unchecked(thrown);
      }
    });

    queue.tryPut("bad");
    boolean flag = Thread.interrupted();
    queue.tryPut("good");

    assertThat(held.given()).containsExactly("FAILED bad");
    assertThat(held.letters.get(0).cause()).isSameAs(thrown);
    assertThat(flag).isEqualTo(thrown instanceof InterruptedException);
    assertThat(queue.snapshot().handled()).isEqualTo(1);
    assertThat(queue.snapshot().failed()).isEqualTo(1);
  }

  static Stream<Throwable> handlerThatThrows_makesADeadLetter_andTheNextHasItsTurn() {
    return Stream.of(
        new IllegalStateException("on purpose"),
        new AssertionError("on purpose"),
        new OutOfMemoryError("on purpose"),
        new InterruptedException("on purpose"));
  }

  @Test
  void handlerThatReturnsNoStage_makesADeadLetter() {
    var queue = BoundedQueue.<String>builderOfStages("things", item -> none())
        .deadLetter(held.letters::add)
        .executor(Runnable::run)
        .build();

    queue.tryPut("a");

    assertThat(held.letters.get(0).cause()).hasMessage("the handler returned null");
  }

  @Test
  void stageThatSaysItsEndTwice_endsItsItemOnce() {
    var queue = BoundedQueue.<String>builderOfStages("things", item -> new Talkative())
        .deadLetter(held.letters::add)
        .executor(Runnable::run)
        .build();

    queue.tryPut("a");
    queue.tryPut("b");

    assertThat(held.letters).isEmpty();
    assertThat(queue.snapshot().handled()).isEqualTo(2);
  }

  @ParameterizedTest
  @MethodSource
  void executorThatRefuses_makesDeadLetters_onTheCallersThread(Throwable refusal) {
    var queue = held.builder()
        .executor(task -> {
          throw unchecked(refusal);
        })
        .build();

    assertThat(queue.tryPut("a")).isTrue();
    assertThat(queue.tryPut("b")).isTrue();

    assertThat(held.given()).containsExactly("FAILED a", "FAILED b");
    assertThat(held.letters.get(0).cause()).isSameAs(refusal);
    assertThat(queue.snapshot().running()).isZero();
  }

  static Stream<Throwable> executorThatRefuses_makesDeadLetters_onTheCallersThread() {
    return Stream.of(
        new RejectedExecutionException("full"), new OutOfMemoryError("unable to create a thread"));
  }

  @Test
  void executorThatRefusesLater_losesNeitherItemsNorPuts() {
    var refuses = new boolean[1];
    var queue = held.builder()
        .capacity(1)
        .executor(task -> {
          if (refuses[0]) {
            throw new RejectedExecutionException("shut down");
          }
          held.execute(task);
        })
        .build();
    queue.tryPut("a");
    held.runAll();
    queue.tryPut("b");
    var waiting = queue.putAsync("c");

    refuses[0] = true;
    held.end();

    assertThat(waiting).isCompleted();
    assertThat(held.given()).containsExactly("FAILED b", "FAILED c");
  }

  @Test
  void executorThatRunsATaskTwice_orAfterItRefused_handlesItsItemOnce() {
    Executor hostile = task -> {
      held.execute(task);
      held.execute(task);
      throw new RejectedExecutionException("or not");
    };
    var queue = held.builder().executor(hostile).build();

    queue.tryPut("a");
    held.runAll();

    assertThat(held.begun).isEmpty();
    assertThat(held.given()).containsExactly("FAILED a");
    assertThat(queue.snapshot().deadLetters()).isEqualTo(1);
  }

  @Test
  void executorThatRunsATask_andThenThrows_handlesItsItemOnce() {
    List<String> handled = new ArrayList<>();
    var queue = BoundedQueue.<String>builder("things", handled::add)
        .deadLetter(held.letters::add)
        .executor(task -> {
          task.run();
          throw new RejectedExecutionException("after all");
        })
        .build();

    queue.tryPut("a");

    assertThat(handled).containsExactly("a");
    assertThat(held.letters).isEmpty();
  }

  private BoundedQueue<String> direct(Handler<String> handler) {
    return BoundedQueue.builder("things", handler)
        .deadLetter(held.letters::add)
        .executor(Runnable::run)
        .build();
  }

  @SuppressWarnings("unchecked") // throws what it is given, whatever that is
  private static <E extends Throwable> RuntimeException unchecked(Throwable thrown) throws E {
    throw (E) thrown;
  }

  @SuppressWarnings("NullAway") // what a handler must not return
  private static CompletionStage<Void> none() {
    return null;
  }

  /** Says its end twice, and then throws. */
  private static final class Talkative extends CompletableFuture<Void> {

    @Override
    public CompletableFuture<Void> whenComplete(
        BiConsumer<? super Void, ? super Throwable> action) {
      action.accept(null, null);
      action.accept(null, new IllegalStateException("on second thoughts"));
      throw new IllegalStateException("after all");
    }
  }
}
