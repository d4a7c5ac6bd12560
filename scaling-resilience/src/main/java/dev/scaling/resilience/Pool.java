package dev.scaling.resilience;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.scaling.core.redis.LuaScript;
import dev.scaling.core.redis.Redis;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The tokens of a budget that are in no instance's share: in Redis, under one key. */
final class Pool {

  static final LuaScript DRAW = LuaScript.load(Pool.class, "resilience", "draw");
  private static final Duration KEPT = Duration.ofDays(1);

  private final Redis redis;
  private final Duration timeout;
  private final List<String> keys;
  private final byte[] most;
  private final byte[] perSecond;

  Pool(Redis redis, RetryBudgetBuilder builder) {
    this.redis = redis;
    timeout = builder.redisTimeout;
    keys = List.of(builder.prefix + ":" + builder.name + ":t:1:{" + builder.name + "}");
    most = bytes(builder.poolMicros());
    perSecond = bytes(Math.round(builder.minimumPerSecond * RetryBudget.MICRO));
  }

  /**
   * Puts tokens in, and takes others out. One round trip; never blocks, never throws. It is not
   * sent again: tokens whose reply is lost are lost, and none is there twice.
   *
   * @return how many millionths were taken out
   */
  CompletableFuture<Long> draw(long putMicros, long wantedMicros) {
    var args =
        List.of(bytes(putMicros), bytes(wantedMicros), most, perSecond, bytes(KEPT.toMillis()));
    try {
      return redis.eval(DRAW, keys, args, timeout).thenApply(reply -> taken(reply, wantedMicros));
    } catch (Throwable e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private static long taken(List<@Nullable Object> reply, long wantedMicros) {
    if (reply.size() == 1
        && reply.get(0) instanceof Long taken
        && taken >= 0
        && taken <= wantedMicros) {
      return taken;
    }
    throw new IllegalStateException("not a reply of draw.lua");
  }

  private static byte[] bytes(long number) {
    return Long.toString(number).getBytes(US_ASCII);
  }
}
