package dev.scaling.core.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Waits for the replies of a port, and for its failures. */
final class Replies {

  static final Duration SECOND = Duration.ofSeconds(1);
  static final Duration LONG = Duration.ofSeconds(10);

  /** Counts how often it ran. */
  static final LuaScript INCREMENT =
      LuaScript.of("increment", "return {redis.call('INCR', KEYS[1])}");

  private Replies() {}

  static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  static <T> T reply(CompletableFuture<T> call) throws Exception {
    return call.get(20, TimeUnit.SECONDS);
  }

  /** Waits for a call that must fail, and fail in the one way that calls may. */
  static RedisCallException failure(CompletableFuture<?> call) {
    Throwable thrown = catchThrowable(() -> call.get(20, TimeUnit.SECONDS));
    assertThat(thrown).isInstanceOf(ExecutionException.class);
    assertThat(thrown.getCause()).isInstanceOf(RedisCallException.class);
    return (RedisCallException) thrown.getCause();
  }

  /** Makes a call that must fail, and tells how long that took. */
  static Failed failed(Supplier<CompletableFuture<?>> call) {
    var stalls = Stalls.start();
    // Measured where the call ends: what a test does first with a failure loads many classes.
    CompletableFuture<?> made = call.get();
    var ended = made.handle((reply, failure) -> List.of(stalls.elapsed(), stalls.usable()));
    List<Duration> took = ended.join();
    return new Failed(failure(made), took.get(0), took.get(1));
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

  /**
   * How a call failed.
   *
   * @param waited how long that took
   * @param took how long that took of the time that this machine gave us
   */
  record Failed(RedisCallException exception, Duration waited, Duration took) {

    RedisCallException.Failure failure() {
      return exception.failure();
    }
  }
}
