package dev.scaling.concurrency.semaphore;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.scaling.core.redis.Redis;
import dev.scaling.core.redis.RedisCallException.Failure;
import dev.scaling.testkit.VirtualTime;
import io.opentelemetry.api.OpenTelemetry;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A Redis that says what a test makes it say, and one semaphore of one instance on it. */
final class ScriptedRedis {

  final VirtualTime time = new VirtualTime();
  final List<Call> calls = new ArrayList<>();
  private Redis.Listener messages;
  private long tokens = 1_000;

  DistributedSemaphore semaphore(int permits) {
    return semaphore(permits, OpenTelemetry.noop());
  }

  DistributedSemaphore semaphore(int permits, OpenTelemetry openTelemetry) {
    var redis = (Redis) Proxy.newProxyInstance(
        Redis.class.getClassLoader(),
        new Class<?>[] {Redis.class},
        (proxy, method, args) -> switch (method.getName()) {
          case "eval" -> {
            var call = new Call((List<?>) args[2], new CompletableFuture<>());
            calls.add(call);
            yield call.reply;
          }
          case "subscribe" -> {
            messages = (Redis.Listener) args[1];
            yield (Redis.Subscription) () -> {};
          }
          default -> throw new UnsupportedOperationException(method.getName());
        });
    return DistributedSemaphore.builder("test", redis)
        .permits(permits)
        .time(time)
        .random(() -> 0)
        .executor(Runnable::run)
        .openTelemetry(openTelemetry)
        .build();
  }

  /** Takes the one permit that Redis has for this instance. */
  Permit acquire(DistributedSemaphore semaphore) {
    var permit = semaphore.acquireAsync(Duration.ofMinutes(1));
    answer(1, 0, 0);
    return permit.join();
  }

  Call last() {
    return calls.get(calls.size() - 1);
  }

  void answer(long permits, long others, long waits) {
    tokens += last().fencingTokens();
    last()
        .reply
        .complete(List.of(permits, others, waits, Long.toString(tokens).getBytes(US_ASCII)));
  }

  void fail() {
    fail(Failure.AMBIGUOUS);
  }

  void fail(Failure failure) {
    last().reply.completeExceptionally(VirtualRedis.failure(failure));
  }

  void publish(String message) {
    messages.onMessage(message.getBytes(US_ASCII));
  }

  /** A call to Redis, which the test answers. */
  record Call(List<?> args, CompletableFuture<List<Object>> reply) {

    long number() {
      return arg(1);
    }

    long most() {
      return arg(2);
    }

    long want() {
      return arg(3);
    }

    boolean waits() {
      return arg(4) == 1;
    }

    long fencingTokens() {
      return arg(7);
    }

    boolean answered() {
      return reply.isDone();
    }

    private long arg(int at) {
      return Long.parseLong(new String((byte[]) args.get(at), US_ASCII));
    }
  }
}
