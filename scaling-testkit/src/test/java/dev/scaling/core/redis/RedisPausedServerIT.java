package dev.scaling.core.redis;

import static dev.scaling.core.redis.Replies.HOUR;
import static dev.scaling.core.redis.Replies.SECOND;
import static dev.scaling.core.redis.Replies.await;
import static dev.scaling.core.redis.Replies.awaitAnswers;
import static dev.scaling.core.redis.Replies.failure;
import static dev.scaling.core.redis.Replies.failureAtDeadline;
import static dev.scaling.core.redis.Replies.increment;
import static dev.scaling.core.redis.Replies.reply;
import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.core.redis.Redis.Health;
import dev.scaling.core.redis.RedisCallException.Failure;
import dev.scaling.testkit.RedisExtension;
import dev.scaling.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

@Timeout(120)
final class RedisPausedServerIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.single();

  private static final Duration SHORT = Duration.ofMillis(300);

  /** Longer than any time-out of the client: what it would send again, it has sent by then. */
  private static final Duration LONG_AFTER = Duration.ofMillis(1_500);

  private final VirtualTime time = new VirtualTime();
  private final Redis redis = Redis.builder(servers.address()).time(time).build();

  @BeforeEach
  void warmUp() {
    awaitAnswers(time, redis);
    for (var verb : Replies.verbs(redis, SECOND).values()) {
      await(time, () -> {
        reply(verb.get());
        return true;
      });
    }
    servers.server().command("FLUSHALL");
  }

  @AfterEach
  void close() {
    redis.close();
  }

  @Test
  void eachVerb_failsAtItsDeadline() {
    Replies.verbs(redis, HOUR).forEach((verb, call) -> {
      servers.server().pause();
      var failure = failureAtDeadline(time, HOUR, call.get());
      assertThat(failure.failure()).as(verb).isEqualTo(Failure.AMBIGUOUS);
      assertThat(redis.health().state()).as(verb).isEqualTo(Health.State.DOWN);

      servers.server().resume();
      awaitAnswers(time, redis);
    });
  }

  @Test
  void timedOutCalls_runAtMostOnce_onceTheServerGoesOn() {
    var heard = new Heard();
    redis.subscribe("channel", heard);
    await(time, () -> heard.subscribed.get() == 1);
    servers.server().pause();
    var calls =
        Replies.verbs(redis, SHORT).values().stream().map(call -> call.get()).toList();
    time.advance(SHORT);
    calls.forEach(Replies::failure);
    await().during(LONG_AFTER).until(() -> true);

    servers.server().resume();
    await().during(LONG_AFTER).until(() -> true);

    assertThat(servers.server().command("GET", "runs")).isIn(null, "1");
    assertThat((Long) servers.server().command("XLEN", "stream")).isBetween(0L, 1L);
    assertThat(heard.messages).hasSizeLessThanOrEqualTo(1);
  }

  @Test
  void callsBehindTheLanes_areNotSent_andNeverRun() {
    servers.server().pause();
    var calls = new ArrayList<CompletableFuture<?>>();
    for (int i = 0; i < 5_000; i++) {
      calls.add(increment(redis, "runs", HOUR));
    }
    time.advance(HOUR);
    var failures = calls.stream().map(call -> failure(call).failure()).toList();
    long ambiguous = failures.stream().filter(Failure.AMBIGUOUS::equals).count();
    assertThat(failures).containsOnly(Failure.AMBIGUOUS, Failure.NOT_SENT);
    assertThat(ambiguous).isBetween(1L, /* two lanes= */ 2L * 256);

    servers.server().resume();

    await().during(LONG_AFTER).until(() -> runs() <= ambiguous);
  }

  /** What is told as not sent must not run; what is told as ambiguous runs at most once. */
  @Test
  void runs_areNeverMoreThanRepliesAndAmbiguousCalls() throws Exception {
    var calls = new ArrayList<CompletableFuture<List<Object>>>();
    for (int round = 0; round < 5; round++) {
      for (int i = 0; i < 50; i++) {
        calls.add(increment(redis, "runs", Duration.ofMillis(40)));
      }
      servers.server().pause();
      for (int i = 0; i < 50; i++) {
        calls.add(increment(redis, "runs", Duration.ofMillis(40)));
      }
      time.advance(Duration.ofMillis(40));
      failure(calls.get(calls.size() - 1));
      servers.server().resume();
    }
    long mayHaveRun = calls.stream()
        .filter(call -> call.handle((reply, failure) ->
                failure == null || ((RedisCallException) failure).failure() == Failure.AMBIGUOUS)
            .join())
        .count();
    long ran = calls.stream().filter(call -> !call.isCompletedExceptionally()).count();

    await().during(LONG_AFTER).until(() -> runs() <= mayHaveRun);
    assertThat(runs()).isGreaterThanOrEqualTo(ran);
  }

  @Test
  void manyDeadlines_areAllKept_whileTheServerHangs() {
    servers.server().pause();
    var calls = new ArrayList<CompletableFuture<?>>();
    for (int i = 0; i < 10_000; i++) {
      calls.add(redis.get("key", HOUR));
    }

    time.advance(HOUR); // and Redisson's own timeouts are an hour off

    calls.forEach(Replies::failure);
  }

  @Test
  void resumedServer_isUsedAgain_asSoonAsItAnswers() throws Exception {
    servers.server().pause();
    for (int i = 0; i < 20; i++) {
      var call = redis.get("key", Duration.ofMillis(20));
      time.advance(Duration.ofMillis(20));
      failure(call);
    }

    servers.server().resume();

    // Time stands still, so no lane comes back for having been abandoned.
    assertThat(reply(redis.get("key", HOUR))).isNull();
    assertThat(redis.health().state()).isEqualTo(Health.State.UP);
  }

  private static long runs() {
    Object runs = servers.server().command("GET", "runs");
    return runs == null ? 0 : Long.parseLong((String) runs);
  }
}
