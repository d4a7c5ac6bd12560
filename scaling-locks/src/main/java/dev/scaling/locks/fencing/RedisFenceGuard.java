package dev.scaling.locks.fencing;

import dev.scaling.core.redis.LuaScript;
import dev.scaling.core.redis.Redis;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A guard that remembers tokens in Redis, one key a resource, for data that is in the same Redis.
 *
 * <p>What protects is {@link #script}: a script of yours that runs only if its caller's token is
 * not an old one. Check and write are then one step of the server. {@link #check} asks the same
 * question alone, for instance before an expensive computation.
 *
 * <p>The tokens are as safe as the data beside them, and no safer. Redis replicates in the
 * background: after a failover both may be those of a moment ago, and an old holder whose
 * successor's writes were lost is accepted. If Redis is emptied, both are gone. Redis must not
 * evict keys ({@code maxmemory-policy noeviction}): it could drop a token and keep the data.
 *
 * <p>Safe for use by many threads, which wait for Redis. Starts no thread and needs no closing.
 */
public final class RedisFenceGuard implements FenceGuard {

  private final RedisFences fences;

  RedisFenceGuard(RedisFenceGuardBuilder builder) {
    fences = new RedisFences(builder);
  }

  /**
   * Returns a builder of a guard.
   *
   * @param name 1 to 64 letters, digits, dots, dashes and underscores; guards of one name and
   *     prefix share what they have seen
   */
  public static RedisFenceGuardBuilder builder(String name, Redis redis) {
    return new RedisFenceGuardBuilder(name, redis);
  }

  /** {@inheritDoc} One script. */
  @Override
  public void check(String resource, long fencingToken) {
    var fence = fences.of(resource, fencingToken);
    fence.require(ask(fence));
  }

  /** {@inheritDoc} One script. */
  @Override
  public boolean tryCheck(String resource, long fencingToken) {
    return ask(fences.of(resource, fencingToken)) == 0;
  }

  /**
   * Returns a script that runs only under a fencing token that is not older than one seen. Make it
   * once, and run it many times.
   *
   * <p>It is a whole script and no list of fenced {@code SET} and {@code HSET}, since what must be
   * atomic with the check is all that one step writes, and only the user knows what that is. A
   * {@code SET} is a script of one line:
   *
   * <pre>{@code
   * FencedScript pay = guard.script(LuaScript.of("pay", "return redis.call('SET', KEYS[1], ARGV[1])"));
   * pay.run("invoice:42", lease.fencingToken(), List.of("state:{invoice:42}"), List.of(paid));
   * }</pre>
   *
   * @param write its {@code KEYS} and {@code ARGV} are those given to {@link FencedScript#run}
   */
  public FencedScript script(LuaScript write) {
    return new FencedScript(fences, write);
  }

  @Override
  public String toString() {
    return "FenceGuard{" + fences + "}";
  }

  /** Returns the greater token that was seen, or 0 if this one is accepted. */
  private long ask(Fence fence) {
    List<@Nullable Object> reply = fences.run(RedisFences.CHECK, fence, List.of(), List.of());
    return reply.isEmpty() ? 0 : RedisFences.token(reply.get(0));
  }
}
