package dev.scaling.locks.fencing;

import dev.scaling.core.internal.Checks;
import dev.scaling.core.redis.LuaScript;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A script of the user's that runs only under a fencing token that is not older than one seen of
 * its resource, made by {@link RedisFenceGuard#script}.
 *
 * <p>Safe for use by many threads.
 */
public final class FencedScript {

  private final RedisFences fences;
  private final LuaScript script;

  FencedScript(RedisFences fences, LuaScript write) {
    this.fences = fences;
    Checks.notNull(write, "write");
    // A function, so that the user's text may return early and sees its own KEYS and ARGV alone.
    script = LuaScript.of(
        write.name(),
        RedisFences.FENCE.source()
            + "\nlocal function write(KEYS, ARGV)\n"
            + write.source()
            + "\nend\n"
            + RedisFences.WRITE.source());
  }

  /**
   * Checks the fencing token as {@link FenceGuard#check} does, and runs the script if it is
   * accepted: both or neither, and nothing in between. One script, and no copy of it is sent after
   * a time-out.
   *
   * <p>If the script itself fails half way, the token was accepted, and what it wrote before stays,
   * as is so with every script of Redis.
   *
   * @param keys on a cluster all in the slot of the resource: put it into braces, as in <code>
   *     state:{invoice:42}</code>
   * @return what the script returned: {@link Long} for an integer, {@code byte[]} for a string or
   *     status, {@code null} for nil, {@link List} for an array
   * @throws StaleFencingTokenException if a greater token was seen; the script did not run
   * @throws dev.scaling.core.redis.RedisCallException if Redis did not answer or answered with an
   *     error. Where it says {@code AMBIGUOUS} the script has run, or may run later, or never; with
   *     an equal token it runs again, so repeat it only if that does no harm.
   * @throws java.util.concurrent.CancellationException if the thread is interrupted while it waits
   *     for Redis: the outcome is as unknown
   * @throws IllegalArgumentException if a key is in another slot than the resource
   */
  public @Nullable Object run(
      String resource, long fencingToken, List<String> keys, List<byte[]> args) {
    var fence = fences.of(resource, fencingToken);
    var reply = fences.run(script, fence, keys, args);
    if (Long.valueOf(1).equals(reply.get(0))) {
      return reply.size() > 1 ? reply.get(1) : null;
    }
    throw new StaleFencingTokenException(fence, RedisFences.token(reply.get(1)));
  }
}
