package dev.scaling.concurrency.limit;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.scaling.core.Time;
import dev.scaling.core.redis.LuaScript;
import dev.scaling.core.redis.Redis;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** Counts the instances of a limiter that are alive. */
final class Members {

  private static final Duration PAUSE = Duration.ofSeconds(15);
  private static final Duration REMEMBERED = Duration.ofSeconds(46); // two may be lost

  private final Redis redis;
  private final LuaScript script;
  private final Time time;
  private final Duration timeout;
  private final List<String> keys;
  private final List<byte[]> args;
  private final Listener listener;
  private volatile int count = 1;
  private volatile Time.@Nullable Cancellable next;
  private volatile boolean closed;

  Members(Redis redis, RateLimiterBuilder builder, String key, Listener listener) {
    this.redis = redis;
    script = builder.scripts.members();
    time = builder.time;
    timeout = builder.redisTimeout;
    this.listener = listener;
    keys = List.of(key);
    args = List.of(bytes(UUID.randomUUID().toString()), bytes(REMEMBERED.toNanos() / 1_000));
  }

  /** Says that this instance is there, now and from time to time. */
  void start() {
    if (closed) {
      return;
    }
    redis.eval(script, keys, args, timeout).whenComplete((reply, failure) -> {
      if (failure == null && reply.get(0) instanceof Long members) {
        count = (int) Math.max(1, Math.min(members, Integer.MAX_VALUE));
        listener.onCounted();
      } else if (failure != null && !closed) {
        var cause = failure instanceof CompletionException ? failure.getCause() : null;
        listener.onFailed(cause == null ? failure : cause);
      }
    });
    var timer = time.schedule(this::start, PAUSE);
    next = timer;
    if (closed) {
      timer.cancel();
    }
  }

  /** Returns how many there were when Redis was asked last, this one among them. */
  int count() {
    return count;
  }

  void close() {
    closed = true;
    var timer = next;
    if (timer != null) {
      timer.cancel();
    }
  }

  private static byte[] bytes(Object number) {
    return String.valueOf(number).getBytes(US_ASCII);
  }

  /** Hears what becomes of each heartbeat, until the end. */
  interface Listener {

    void onCounted();

    void onFailed(Throwable failure);
  }
}
