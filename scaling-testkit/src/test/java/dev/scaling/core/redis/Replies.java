package dev.scaling.core.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.scaling.core.redis.RedisCallException.Failure;
import dev.scaling.testkit.VirtualTime;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;

/** Waits for the replies of a port, and for its failures. */
final class Replies {

  static final Duration SECOND = Duration.ofSeconds(1);

  /** So long that whatever takes longer is broken, even on a machine that has no time for us. */
  static final Duration LONG = Duration.ofSeconds(30);

  /** Of virtual time. By the clock of Redisson, which is a real one, no test takes so long. */
  static final Duration HOUR = Duration.ofHours(1);

  /** Counts how often it ran. */
  static final LuaScript INCREMENT =
      LuaScript.of("increment", "return {redis.call('INCR', KEYS[1])}");

  private Replies() {}

  static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  static <T> T reply(CompletableFuture<T> call) throws Exception {
    return call.get(2 * LONG.toSeconds(), TimeUnit.SECONDS);
  }

  /** Waits for a call that must fail, and fail in the one way that calls may. */
  static RedisCallException failure(CompletableFuture<?> call) {
    Throwable thrown = catchThrowable(() -> call.get(2 * LONG.toSeconds(), TimeUnit.SECONDS));
    assertThat(thrown).isInstanceOf(ExecutionException.class);
    assertThat(thrown.getCause()).isInstanceOf(RedisCallException.class);
    return (RedisCallException) thrown.getCause();
  }

  /**
   * Lets the time of a call that was just made pass, at whose end it must fail, neither sooner nor
   * later.
   */
  static RedisCallException failureAtDeadline(
      VirtualTime time, Duration timeout, CompletableFuture<?> call) {
    time.advance(timeout.minusNanos(1));
    assertThat(call).isNotDone();
    time.advance(Duration.ofNanos(1));
    assertThat(call).isDone();
    return failure(call);
  }

  /** Waits for something as long as it takes on a machine that has little time for us. */
  static ConditionFactory await() {
    return Awaitility.await().atMost(LONG);
  }

  /**
   * Waits for something that takes several attempts, and lets the pauses between those of the port
   * itself pass.
   */
  static void await(VirtualTime time, Callable<Boolean> condition) {
    await().ignoreExceptions().until(() -> {
      time.advance(SECOND);
      return condition.call();
    });
  }

  /** Waits until a port has a connection over which calls are answered. */
  static void awaitAnswers(VirtualTime time, Redis redis) {
    await(time, () -> reply(redis.get("none", SECOND)) == null);
  }

  /** Returns a port that has answered: a busy machine may need several attempts to connect. */
  static Redis connected(String address) {
    var redis = Redis.connect(address);
    redis.ready(LONG).join();
    return redis;
  }

  /**
   * Waits until a client has noticed that all its connections are gone. What it writes to one
   * before that hears nothing, and ends at the timeout of a second, that of Redisson if time stands
   * still.
   */
  static void awaitNotSent(Redis redis) {
    await()
        .during(Duration.ofMillis(500))
        .until(() -> failure(redis.get("none", SECOND)).failure() == Failure.NOT_SENT);
  }

  static CompletableFuture<List<Object>> increment(Redis redis, String key, Duration timeout) {
    return redis.eval(INCREMENT, List.of(key), List.of(), timeout);
  }

  /** Returns one call of each verb that begins a command. */
  static Map<String, Supplier<CompletableFuture<?>>> verbs(Redis redis, Duration timeout) {
    return Map.of(
        "get", () -> redis.get("key", timeout),
        "getAll", () -> redis.getAll(List.of("key", "other"), timeout),
        "eval", () -> increment(redis, "runs", timeout),
        "publish", () -> redis.publish("channel", bytes("message"), timeout),
        "append", () -> redis.append("stream", bytes("body"), 100, timeout),
        "read", () -> redis.read("stream", "0-0", 10, timeout));
  }
}
