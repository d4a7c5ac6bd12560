package dev.scaling.core.redis;

import static dev.scaling.core.redis.Replies.failure;
import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.core.redis.RedisCallException.Failure;
import dev.scaling.testkit.VirtualTime;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.redisson.client.RedisNoScriptException;
import org.redisson.command.CommandAsyncExecutor;

/** Single commands over an executor that never sends, and batches that cannot be made. */
final class PipelineTest {

  private static final long SECOND = 1_000_000_000;

  private final VirtualTime time = new VirtualTime();
  private final Outcomes outcomes = new Outcomes(time);
  private final Pipeline pipeline = new Pipeline(new Sender(executor()), time, outcomes);

  @Test
  void callsBehindTheLanes_areNeverSent_onceGivenUp() {
    var calls = submit(4, SECOND);
    assertThat(calls).extracting(call -> call.sends).containsExactly(1, 1, 0, 0);

    time.advance(Duration.ofSeconds(1));
    assertThat(pipeline.expire(time.nanoTime())).isEqualTo(-1);

    assertThat(calls)
        .extracting(call -> failure(call).failure())
        .containsExactly(Failure.AMBIGUOUS, Failure.AMBIGUOUS, Failure.NOT_SENT, Failure.NOT_SENT);
    calls.get(0).sent.complete("late");
    assertThat(calls).extracting(call -> call.sends).containsExactly(1, 1, 0, 0);
    assertThat(outcomes.failures(Failure.AMBIGUOUS)).isEqualTo(2);
    assertThat(outcomes.failures(Failure.NOT_SENT)).isEqualTo(2);
  }

  @Test
  void callThatTimedOut_isCountedOnce_whateverTheClientSaysLater() {
    var call = submit(1, SECOND).get(0);
    time.advance(Duration.ofSeconds(1));
    pipeline.expire(time.nanoTime());

    call.sent.completeExceptionally(new IllegalStateException("the client's own timeout"));

    assertThat(outcomes.failures(Failure.AMBIGUOUS)).isEqualTo(1);
  }

  @Test
  void lanesOfAServerThatHangs_comeBackAtTheDeadline_butOnlySoOften() {
    int sent = 0;
    for (int i = 0; i < 60; i++) {
      var call = submit(1, SECOND / 1_000).get(0);
      time.advance(Duration.ofMillis(1));
      pipeline.expire(time.nanoTime());
      sent += call.sends;
      assertThat(failure(call).failure())
          .isEqualTo(call.sends == 1 ? Failure.AMBIGUOUS : Failure.NOT_SENT);
    }

    assertThat(sent).isEqualTo(/* stuck batches and lanes= */ 8 + 2);
  }

  @Test
  void abandonedLane_comesBack_evenIfTheClientNeverSaysAnything() {
    submit(2, SECOND / 1_000);
    for (int i = 0; i < 30; i++) {
      submit(2, SECOND / 1_000);
      time.advance(Duration.ofMillis(1));
      pipeline.expire(time.nanoTime());
    }
    var behind = submit(1, 10 * SECOND).get(0);
    assertThat(behind.sends).isZero();

    time.advance(Duration.ofSeconds(3));
    pipeline.expire(time.nanoTime());

    assertThat(behind.sends).isEqualTo(1);
  }

  @Test
  void scriptThatIsUnknown_isSentAgainOnce() {
    var call = submit(1, SECOND).get(0);

    call.sent.completeExceptionally(new RedisNoScriptException("NOSCRIPT"));
    assertThat(call.sends).isEqualTo(2);
    call.sent.completeExceptionally(new RedisNoScriptException("NOSCRIPT"));

    assertThat(call.sends).isEqualTo(2);
    assertThat(failure(call).failure()).isEqualTo(Failure.REJECTED);
  }

  @Test
  void scriptThatIsUnknown_isNotSentAgain_pastItsDeadline() {
    var call = submit(1, SECOND).get(0);
    time.advance(Duration.ofSeconds(1));
    pipeline.expire(time.nanoTime());

    call.sent.completeExceptionally(new RedisNoScriptException("NOSCRIPT"));

    assertThat(call.sends).isEqualTo(1);
    assertThat(failure(call).failure()).isEqualTo(Failure.AMBIGUOUS);
  }

  /** Batches that fail at once must not stand on one another's stack. */
  @Test
  void longQueue_failsAtOnce_withoutRecursion() throws Exception {
    var lanes = submit(2, SECOND);
    var behind = submit(300_000, SECOND); // batches of these cannot be made: see the executor
    var failure = new ArrayList<Throwable>();
    var thread = new Thread(null, () -> lanes.get(0).sent.complete("reply"), "small", 64 * 1_024);
    thread.setUncaughtExceptionHandler((any, thrown) -> failure.add(thrown));

    thread.start();
    thread.join();

    assertThat(failure).isEmpty();
    assertThat(behind).allMatch(FakeCall::isCompletedExceptionally);
    assertThat(submit(1, SECOND).get(0).sends).isEqualTo(1);
  }

  private List<FakeCall> submit(int count, long timeoutNanos) {
    var calls = new ArrayList<FakeCall>();
    for (int i = 0; i < count; i++) {
      var call = new FakeCall(time.nanoTime() + timeoutNanos);
      calls.add(call);
      pipeline.submit(call);
    }
    return calls;
  }

  /** Returns what does nothing but stand for a client: a batch over it fails to be made. */
  private static CommandAsyncExecutor executor() {
    return (CommandAsyncExecutor) Proxy.newProxyInstance(
        PipelineTest.class.getClassLoader(),
        new Class<?>[] {CommandAsyncExecutor.class},
        (proxy, method, args) -> method.getName().equals("copy") ? proxy : null);
  }
}
