package dev.scaling.resilience;

import dev.scaling.core.redis.Redis;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;

/** A real Redis, and how many calls went to it and ended. */
final class CountedRedis {

  final AtomicLong sent = new AtomicLong();
  final AtomicLong answered = new AtomicLong();
  final AtomicLong failed = new AtomicLong();
  private final Redis redis;

  CountedRedis(Redis redis) {
    this.redis = redis;
  }

  Redis redis() {
    return (Redis) Proxy.newProxyInstance(
        Redis.class.getClassLoader(), new Class<?>[] {Redis.class}, (proxy, method, args) -> {
          if (method.getName().equals("eval")) {
            sent.incrementAndGet();
          }
          try {
            var result = method.invoke(redis, args);
            return result instanceof CompletableFuture<?> reply ? counted(reply) : result;
          } catch (InvocationTargetException e) {
            throw e.getCause();
          }
        });
  }

  boolean isQuiet() {
    return sent.get() == answered.get() + failed.get();
  }

  private CompletableFuture<?> counted(CompletableFuture<?> reply) {
    return reply.whenComplete(
        (value, failure) -> (failure == null ? answered : failed).incrementAndGet());
  }
}
