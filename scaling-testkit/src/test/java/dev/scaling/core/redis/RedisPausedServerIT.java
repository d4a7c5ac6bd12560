package dev.scaling.core.redis;

import static dev.scaling.core.redis.Replies.LONG;
import static dev.scaling.core.redis.Replies.SECOND;
import static dev.scaling.core.redis.Replies.failed;
import static dev.scaling.core.redis.Replies.failure;
import static dev.scaling.core.redis.Replies.increment;
import static dev.scaling.core.redis.Replies.reply;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.scaling.core.redis.Redis.Health;
import dev.scaling.core.redis.RedisCallException.Failure;
import dev.scaling.testkit.RedisExtension;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

@Timeout(60)
final class RedisPausedServerIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.single();

  private static final Duration SHORT = Duration.ofMillis(300);
  private static final Duration LATE = Duration.ofMillis(100);

  /** Longer than any time-out of the client: what it would send again, it has sent by then. */
  private static final Duration LONG_AFTER = Duration.ofMillis(1_500);

  private final Redis redis = Redis.connect(servers.address());

  @BeforeEach
  void warmUp() throws Exception {
    for (var verb : Replies.verbs(redis, LONG).values()) {
      reply(verb.get());
    }
    servers.server().command("FLUSHALL");
  }

  @AfterEach
  void close() {
    redis.close();
  }

  @Test
  void eachVerb_failsInItsTime() {
    servers.server().pause();

    Replies.verbs(redis, SHORT).forEach((verb, call) -> {
      var failed = failed(call);
      assertThat(failed.failure()).as(verb).isIn(Failure.AMBIGUOUS, Failure.NOT_SENT);
      assertThat(failed.waited()).as(verb).isGreaterThanOrEqualTo(SHORT);
      assertThat(failed.took()).as(verb).isLessThan(SHORT.plus(LATE));
    });

    assertThat(redis.health().state()).isEqualTo(Health.State.DOWN);
  }

  @Test
  void timedOutCalls_runAtMostOnce_onceTheServerGoesOn() {
    var heard = new Heard();
    redis.subscribe("channel", heard);
    await().until(() -> heard.subscribed.get() == 1);
    servers.server().pause();
    var calls =
        Replies.verbs(redis, SHORT).values().stream().map(call -> call.get()).toList();
    calls.forEach(Replies::failure);
    await().during(LONG_AFTER).atMost(LONG).until(() -> true);

    servers.server().resume();
    await().during(LONG_AFTER).atMost(LONG).until(() -> true);

    assertThat(servers.server().command("GET", "runs")).isIn(null, "1");
    assertThat((Long) servers.server().command("XLEN", "stream")).isBetween(0L, 1L);
    assertThat(heard.messages).hasSizeLessThanOrEqualTo(1);
  }

  @Test
  void callsBehindTheLanes_areNotSent_andNeverRun() {
    servers.server().pause();
    var calls = new ArrayList<CompletableFuture<?>>();
    for (int i = 0; i < 5_000; i++) {
      calls.add(increment(redis, "runs", SHORT));
    }
    var failures = calls.stream().map(call -> failure(call).failure()).toList();
    long ambiguous = failures.stream().filter(Failure.AMBIGUOUS::equals).count();
    assertThat(failures).containsOnly(Failure.AMBIGUOUS, Failure.NOT_SENT);
    assertThat(ambiguous).isBetween(1L, /* lanes and stuck batches= */ 10L * 256);

    servers.server().resume();

    await().during(LONG_AFTER).atMost(LONG).until(() -> runs() <= ambiguous);
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
      failure(calls.get(calls.size() - 1));
      servers.server().resume();
    }
    long mayHaveRun = calls.stream()
        .filter(call -> call.handle((reply, failure) ->
                failure == null || ((RedisCallException) failure).failure() == Failure.AMBIGUOUS)
            .join())
        .count();
    long ran = calls.stream().filter(call -> !call.isCompletedExceptionally()).count();

    await().during(LONG_AFTER).atMost(LONG).until(() -> runs() <= mayHaveRun);
    assertThat(runs()).isGreaterThanOrEqualTo(ran);
  }

  @Test
  void manyDeadlines_areAllKept_whileTheServerHangs() {
    servers.server().pause();
    var latestNanos = new AtomicLong();
    var calls = new ArrayList<CompletableFuture<?>>();
    for (int i = 0; i < 10_000; i++) {
      var stalls = Stalls.start();
      calls.add(redis
          .get("key", SHORT)
          .whenComplete((reply, failure) ->
              latestNanos.accumulateAndGet(stalls.usable().toNanos(), Math::max)));
    }

    calls.forEach(Replies::failure);

    assertThat(Duration.ofNanos(latestNanos.get()))
        .isLessThan(SHORT.plus(SECOND)); // so many take time to end
  }

  @Test
  void resumedServer_isUsedAgainAtOnce() throws Exception {
    servers.server().pause();
    for (int i = 0; i < 20; i++) {
      failure(redis.get("key", Duration.ofMillis(20)));
    }

    servers.server().resume();
    var stalls = Stalls.start();
    assertThat(reply(redis.get("key", LONG))).isNull();

    assertThat(stalls.usable()).isLessThan(SECOND);
    assertThat(redis.health().state()).isEqualTo(Health.State.UP);
  }

  private static long runs() {
    Object runs = servers.server().command("GET", "runs");
    return runs == null ? 0 : Long.parseLong((String) runs);
  }
}
