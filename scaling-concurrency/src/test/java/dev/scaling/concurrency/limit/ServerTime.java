package dev.scaling.concurrency.limit;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.scaling.core.redis.Redis;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** The clock of a real Redis, as far as our scripts can tell, in the hands of a test. */
final class ServerTime {

  static final Scripts SCRIPTS = Scripts.withClock("virtual");

  final AtomicLong micros = new AtomicLong(1_000_000_000_000L);

  /** Returns a port whose scripts take this for the time. */
  @SuppressWarnings("unchecked") // the arguments of eval
  Redis around(Redis redis) {
    return (Redis) Proxy.newProxyInstance(
        Redis.class.getClassLoader(), new Class<?>[] {Redis.class}, (proxy, method, args) -> {
          if (method.getName().equals("eval")) {
            var withTime = new ArrayList<>((List<byte[]>) args[2]);
            withTime.add(Long.toString(micros.get()).getBytes(US_ASCII));
            args[2] = withTime;
          }
          try {
            return method.invoke(redis, args);
          } catch (InvocationTargetException e) {
            throw e.getCause();
          }
        });
  }
}
