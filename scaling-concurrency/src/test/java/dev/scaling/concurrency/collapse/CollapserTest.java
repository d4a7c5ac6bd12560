package dev.scaling.concurrency.collapse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.scaling.testkit.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What callers of a collapser get, step by step: nothing runs before the test says so. */
@Timeout(60)
final class CollapserTest {

  private static final Duration SECOND = Duration.ofSeconds(1);

  private final VirtualTime time = new VirtualTime();
  private final HeldExecutor executor = new HeldExecutor();
  private final Collapser<String, Integer> collapser =
      Collapser.<String, Integer>builder("things").executor(executor).time(time).build();
  private final CompletableFuture<Integer> stage = new CompletableFuture<>();
  private final AtomicInteger executions = new AtomicInteger();

  @Test
  void callersOfAKey_shareOneExecution() {
    var leader = call("a");
    var follower = call("a");
    var other = call("b");
    executor.runAll();

    stage.complete(7);
    executor.runAll();

    assertThat(leader).isCompletedWithValue(7);
    assertThat(follower).isCompletedWithValue(7);
    assertThat(other).isCompletedWithValue(7);
    assertThat(executions).hasValue(2);
    assertThat(collapser.snapshot()).isEqualTo(new CollapserSnapshot(2, 1, 0, 0, 0));
  }

  @Test
  void result_isNotKept() {
    call("a");
    executor.runAll();
    stage.complete(7);

    call("a");
    executor.runAll();

    assertThat(executions).hasValue(2);
  }

  @Test
  void nullResult_isAResult() {
    var caller = call("a");
    stage.complete(null);
    executor.runAll();

    assertThat(caller).isCompletedWithValue(null);
  }

  @Test
  void callerOnItsOwnThread_getsWhatItExecutes() {
    var direct = onCaller();

    assertThat(direct.run("a", () -> 7)).isEqualTo(7);
    assertThat(direct.run("a", SECOND, () -> null)).isNull();
    assertThat(direct.snapshot()).isEqualTo(new CollapserSnapshot(2, 0, 0, 0, 0));
    assertThat(time.pending()).isZero();
  }

  @Test
  void cancelledCaller_leavesOthersAlone() {
    var leader = call("a");
    var follower = call("a");
    executor.runAll();

    leader.cancel(true);
    stage.complete(7);
    executor.runAll();

    assertThat(leader).isCancelled();
    assertThat(follower).isCompletedWithValue(7);
    assertThat(stage).isNotCancelled();
  }

  @Test
  void callerWhoCompletesItsFuture_hasLeft() {
    var first = call("a");
    var second = call("a");
    executor.runAll();

    first.complete(1);
    second.completeExceptionally(new IOException("enough"));

    assertThat(stage).isCancelled();
    assertThat(first).isCompletedWithValue(1);
    assertThat(collapser.snapshot().abandoned()).isEqualTo(1);
  }

  @Test
  void timedOutCaller_leavesOthersAlone() {
    var hasty = collapser.runAsync("a", SECOND, this::execution);
    var patient = collapser.runAsync("a", SECOND.multipliedBy(2), this::execution);
    executor.runAll();

    time.advance(SECOND);
    executor.runAll();
    stage.complete(7);
    executor.runAll();

    assertThat(hasty)
        .failsWithin(Duration.ZERO)
        .withThrowableOfType(ExecutionException.class)
        .withCauseInstanceOf(CallTimedOutException.class)
        .withMessageContaining("things: no result after PT1S");
    assertThat(patient).isCompletedWithValue(7);
    assertThat(time.pending()).isZero();
  }

  @Test
  void lastCallerWhoLeaves_endsTheExecution_andNobodyJoinsIt() {
    var first = collapser.runAsync("a", SECOND, this::execution);
    executor.runAll();

    time.advance(SECOND);
    var next = collapser.runAsync("a", () -> CompletableFuture.completedFuture(8));
    executor.runAll();

    assertThat(first).isCompletedExceptionally();
    assertThat(stage).isCancelled();
    assertThat(next).isCompletedWithValue(8);
    assertThat(collapser.snapshot()).isEqualTo(new CollapserSnapshot(2, 0, 0, 1, 0));
    assertThat(Thread.currentThread().isInterrupted()).isFalse();
  }

  @Test
  void executionWithoutCallers_doesNotBegin() {
    call("a").cancel(true);

    executor.runAll();

    assertThat(executions).hasValue(0);
    assertThat(collapser.snapshot().underWay()).isZero();
  }

  @Test
  void callerWhoseContinuationCallsAgain_startsAnew() {
    var again = call("a").thenCompose(value -> call("a"));
    executor.runAll();
    stage.complete(7);

    executor.runAll();

    assertThat(again).isCompletedWithValue(7);
    assertThat(executions).hasValue(2);
  }

  @Test
  void forgottenExecution_isServedToThoseWhoWait_andJoinedByNobody() {
    var early = call("a");
    executor.runAll();

    collapser.forget("a");
    var late = collapser.runAsync("a", () -> CompletableFuture.completedFuture(8));
    executor.runAll();
    stage.complete(7);
    executor.runAll();

    assertThat(early).isCompletedWithValue(7);
    assertThat(late).isCompletedWithValue(8);
  }

  @Test
  void failure_isSharedAsACause_withAnExceptionEach() {
    var leader = call("a");
    var follower = call("a");
    executor.runAll();
    var cause = new IOException("broken");

    stage.completeExceptionally(cause);
    executor.runAll();

    assertThat(failureOf(leader))
        .isInstanceOf(CallFailedException.class)
        .isNotSameAs(failureOf(follower))
        .hasCause(cause);
    assertThat(failureOf(follower)).hasCause(cause);
  }

  @Test
  void executionThatAsksForItsOwnKey_isRefused() {
    var direct = onCaller();

    assertThatExceptionOfType(CallFailedException.class)
        .isThrownBy(() -> direct.run("a", () -> direct.run("a", () -> 1)))
        .havingCause()
        .isInstanceOf(IllegalStateException.class)
        .withMessage("things: the execution of a key asked for the same key,"
            + " and would wait for itself");
    assertThat(direct.run("a", () -> direct.run("b", () -> 2))).isEqualTo(2);
  }

  @Test
  void executorThatRefuses_failsTheCall() {
    var refusing = Collapser.<String, Integer>builder("things")
        .executor(task -> {
          throw new RejectedExecutionException("full");
        })
        .time(time)
        .build();

    assertThatExceptionOfType(CallFailedException.class)
        .isThrownBy(() -> refusing.run("a", () -> 1))
        .withCauseInstanceOf(RejectedExecutionException.class);
    assertThat(refusing.runAsync("a", SECOND, this::execution)).isCompletedExceptionally();
    assertThat(refusing.snapshot().underWay()).isZero();
    assertThat(time.pending()).isZero();
  }

  @Test
  void executionThatThrowsAnError_failsTheCallAndNotTheExecutor() {
    assertThatExceptionOfType(CallFailedException.class)
        .isThrownBy(() -> onCaller().run("a", () -> {
          throw new StackOverflowError();
        }))
        .withCauseInstanceOf(StackOverflowError.class)
        .withMessage("things: the execution failed with java.lang.StackOverflowError");
  }

  @Test
  void executionThatThrowsACancellation_hasFailed() {
    var direct = onCaller();

    assertThatExceptionOfType(CallFailedException.class)
        .isThrownBy(() -> direct.run("a", () -> {
          throw new CancellationException("mine");
        }))
        .withCauseInstanceOf(CancellationException.class);
  }

  @Test
  @SuppressWarnings("NullAway") // null is the point
  void stageThatIsNull_failsTheCall() {
    assertThat(onCaller().runAsync("a", () -> null))
        .failsWithin(Duration.ZERO)
        .withThrowableOfType(ExecutionException.class)
        .havingCause()
        .withCauseInstanceOf(NullPointerException.class);
  }

  @Test
  void closedCollapser_refuses() {
    collapser.close();
    collapser.close();

    assertThatIllegalStateException()
        .isThrownBy(() -> collapser.run("a", () -> 1))
        .withMessage("things: the collapser is closed");
    assertThat(collapser).hasToString("Collapser[things, closed, underWay=0]");
  }

  private Collapser<String, Integer> onCaller() {
    return Collapser.<String, Integer>builder("things")
        .executor(Runnable::run)
        .time(time)
        .build();
  }

  private static Throwable failureOf(CompletableFuture<?> future) {
    return future.handle((value, failure) -> failure).join();
  }

  private CompletableFuture<Integer> call(String key) {
    return collapser.runAsync(key, this::execution);
  }

  private CompletableFuture<Integer> execution() {
    executions.incrementAndGet();
    return stage;
  }
}
