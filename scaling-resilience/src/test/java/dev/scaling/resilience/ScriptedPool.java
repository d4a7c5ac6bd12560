package dev.scaling.resilience;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.scaling.core.redis.Redis;
import dev.scaling.core.redis.RedisCallException;
import dev.scaling.core.redis.RedisCallException.Failure;
import dev.scaling.testkit.VirtualTime;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/** A Redis that says what a test makes it say, with calls in millionths of tokens. */
final class ScriptedPool {

  final VirtualTime time = new VirtualTime();
  final List<Call> calls = new ArrayList<>();

  Redis redis() {
    return port(args -> {
      var call = new Call(args, new CompletableFuture<>());
      calls.add(call);
      return call.reply;
    });
  }

  RetryBudgetBuilder builder() {
    return RetryBudget.builder("orders").shared(redis()).inFlightMinimum(1_000).time(time);
  }

  Call last() {
    return calls.get(calls.size() - 1);
  }

  /** Returns a port that knows nothing but scripts, which get their arguments as numbers. */
  static Redis port(Function<List<Long>, CompletableFuture<List<Object>>> eval) {
    return (Redis) Proxy.newProxyInstance(
        Redis.class.getClassLoader(), new Class<?>[] {Redis.class}, (proxy, method, args) -> {
          if (!method.getName().equals("eval")) {
            throw new UnsupportedOperationException(method.getName());
          }
          return eval.apply(((List<?>) args[2])
              .stream()
                  .map(arg -> Long.valueOf(new String((byte[]) arg, US_ASCII)))
                  .toList());
        });
  }

  static List<byte[]> bytes(List<Long> args) {
    return args.stream().map(arg -> Long.toString(arg).getBytes(US_ASCII)).toList();
  }

  static RedisCallException failure(Failure failure) {
    try {
      var constructor = RedisCallException.class.getDeclaredConstructor(
          Failure.class, String.class, Throwable.class);
      constructor.setAccessible(true);
      return constructor.newInstance(failure, "simulated", null);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("no such constructor", e);
    }
  }

  /** A call, which the test answers. */
  record Call(List<Long> args, CompletableFuture<List<Object>> reply) {

    double put() {
      return args.get(0) / 1e6;
    }

    double wanted() {
      return args.get(1) / 1e6;
    }

    double most() {
      return args.get(2) / 1e6;
    }

    double perSecond() {
      return args.get(3) / 1e6;
    }

    void answer(double tokens) {
      reply.complete(List.of(Math.round(tokens * 1e6)));
    }

    void fail(Failure failure) {
      reply.completeExceptionally(ScriptedPool.failure(failure));
    }
  }
}
