package dev.scaling.locks.fencing;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.scaling.core.internal.Checks;
import dev.scaling.core.redis.LuaScript;
import dev.scaling.core.redis.Redis;
import dev.scaling.core.redis.RedisCallException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** The keys and scripts of a guard in Redis. Safe for use by many threads. */
final class RedisFences {

  static final LuaScript FENCE = LuaScript.load(RedisFences.class, "locks", "fence");
  static final LuaScript CHECK = LuaScript.load(RedisFences.class, "locks", "fence_check", "fence");

  /** What follows {@link #FENCE} and the user's function. */
  static final LuaScript WRITE = LuaScript.load(RedisFences.class, "locks", "fence_write");

  private final String name;
  private final Redis redis;
  private final String keyPrefix;
  private final Duration timeout;
  private final byte[] retentionMillis;

  RedisFences(RedisFenceGuardBuilder builder) {
    name = builder.name;
    redis = builder.redis;
    keyPrefix = builder.prefix + ":" + builder.name + ":f:1:{";
    timeout = builder.redisTimeout;
    retentionMillis = digits(builder.retention.toMillis());
  }

  /** Checks what a user gave. */
  Fence of(String resource, long token) {
    return Fence.of(name, resource, token, Fence.MOST_BYTES);
  }

  /** Runs a script whose first key is that of the resource, and whose first arguments are ours. */
  List<@Nullable Object> run(LuaScript script, Fence fence, List<String> keys, List<byte[]> args) {
    var allKeys = new ArrayList<String>(keys.size() + 1);
    allKeys.add(key(fence.resource()));
    allKeys.addAll(keys);
    requireOneSlot(allKeys);
    var allArgs = new ArrayList<byte[]>(args.size() + 2);
    allArgs.add(digits(fence.token()));
    allArgs.add(retentionMillis);
    allArgs.addAll(args);
    try {
      return redis.eval(script, allKeys, allArgs, timeout).get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancellationException(
          name + ": interrupted while waiting for Redis, which may have accepted the token");
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RedisCallException failure) {
        throw failure;
      }
      throw new IllegalStateException(name + ": a call to Redis failed", e.getCause());
    }
  }

  /** Returns the key of a resource; the braces make the resource alone decide the slot. */
  String key(String resource) {
    return keyPrefix + resource + "}";
  }

  /** Reads a token that a script returned; it has checked that it is one. */
  static long token(@Nullable Object reply) {
    return Long.parseLong(new String((byte[]) Checks.notNull(reply, "reply"), US_ASCII));
  }

  @Override
  public String toString() {
    return name + ", in Redis";
  }

  private void requireOneSlot(List<String> keys) {
    int slot = redis.slotOf(keys.get(0));
    for (String key : keys) {
      if (redis.slotOf(key) != slot) {
        throw new IllegalArgumentException(
            name + ": keys must be in the slot of the resource; put it into braces in each");
      }
    }
  }

  private static byte[] digits(long number) {
    return Long.toString(number).getBytes(US_ASCII);
  }
}
