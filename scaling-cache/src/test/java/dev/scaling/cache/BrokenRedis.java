package dev.scaling.cache;

import dev.scaling.core.redis.LuaScript;
import dev.scaling.core.redis.Redis;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;

/** Ways to break the protocol between a cache and Redis: what a test must notice to be believed. */
enum BrokenRedis {

  /** Fills whatever the cell holds by now. */
  FILL_WITHOUT_LEASE("fill", """
      local reply = {}
      for i, key in ipairs(KEYS) do
        if ARGV[4 * i - 1] ~= '0' then
          redis.call('SET', key, ARGV[4 * i], 'PX', ARGV[4 * i - 1])
        end
        reply[i] = 1
      end
      return reply
      """),

  /** Invalidates without a message. */
  SILENT_INVALIDATION("invalidate", """
      for i, key in ipairs(KEYS) do
        redis.call('DEL', key)
      end
      return {0}
      """),

  /** Drops the value and leaves the lease of a load that is under way. */
  INVALIDATION_THAT_SPARES_LEASES("invalidate", """
      local message = 'I'
      for i, key in ipairs(KEYS) do
        if string.sub(redis.call('GET', key) or '', 1, 4) ~= 'SC1L' then
          redis.call('DEL', key)
        end
        message = message .. struct.pack('>I4', #ARGV[1 + i]) .. ARGV[1 + i]
      end
      return {redis.call('PUBLISH', ARGV[1], message)}
      """),

  /** Puts up no fence: as good as one, as long as no writer dies. */
  NO_FENCE("fence", "return {1}");

  private final String script;
  private final String source;

  BrokenRedis(String script, String source) {
    this.script = script;
    this.source = source;
  }

  /** Returns a port that runs the broken script in place of the right one. */
  Redis around(Redis redis) {
    var broken = LuaScript.of(script, source);
    return (Redis) Proxy.newProxyInstance(
        Redis.class.getClassLoader(), new Class<?>[] {Redis.class}, (proxy, method, args) -> {
          if (method.getName().equals("eval") && ((LuaScript) args[0]).name().equals(script)) {
            args[0] = broken;
          }
          try {
            return method.invoke(redis, args);
          } catch (InvocationTargetException e) {
            throw e.getCause();
          }
        });
  }
}
