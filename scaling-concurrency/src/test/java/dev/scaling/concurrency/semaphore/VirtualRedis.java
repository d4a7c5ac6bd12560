package dev.scaling.concurrency.semaphore;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.scaling.core.redis.LuaScript;
import dev.scaling.core.redis.Redis;
import dev.scaling.core.redis.RedisCallException;
import dev.scaling.core.redis.RedisCallException.Failure;
import dev.scaling.testkit.VirtualTime;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;

/**
 * A real Redis in virtual time: it runs the scripts themselves, at moments that a test decides, by
 * a clock that a test holds. Calls, replies and messages take a while, change places and get lost.
 */
final class VirtualRedis {

  static final LuaScript SCRIPT = Scripts.withClock("virtual");
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final LuaScript TAKE_MESSAGES = LuaScript.of("messages", """
      local all = redis.call('LRANGE', KEYS[1], 0, -1)
      redis.call('DEL', KEYS[1])
      return all
      """);

  final Random random;
  final VirtualTime time;
  double lossRatio;
  double messageLossRatio;
  int mostDelayMicros;
  int calls;
  long clockStepMicros;

  /** The channels of the instances that were told to look for a permit, in turn. */
  final List<String> woken = new ArrayList<>();

  private final Redis redis;
  private final Map<String, Redis.Listener> listeners = new HashMap<>();

  VirtualRedis(Redis redis, VirtualTime time, Random random) {
    this.redis = redis;
    this.time = time;
    this.random = random;
  }

  /** Returns a port of one instance. */
  Port port() {
    return new Port();
  }

  private Duration delay() {
    return Duration.ofNanos(
        mostDelayMicros == 0 ? 0 : random.nextInt(mostDelayMicros + 1) * 1_000L);
  }

  private List<Object> run(LuaScript script, List<String> keys, List<byte[]> args) {
    calls++;
    var withTime = new ArrayList<>(args);
    long micros = 1_000_000_000_000L + clockStepMicros + time.nanoTime() / 1_000;
    withTime.add(Long.toString(micros).getBytes(US_ASCII));
    List<Object> reply = redis.eval(script, keys, withTime, PATIENCE).join();
    var published = redis
        .eval(TAKE_MESSAGES, List.of(keys.get(0) + ":published"), List.of(), PATIENCE)
        .join();
    for (int i = 0; i < published.size(); i += 2) {
      deliver(text(published.get(i)), (byte[]) published.get(i + 1));
    }
    return reply;
  }

  private void deliver(String channel, byte[] message) {
    if (text(message).equals("granted")) {
      woken.add(channel);
    }
    if (random.nextDouble() >= messageLossRatio) {
      time.schedule(
          () -> {
            var listener = listeners.get(channel);
            if (listener != null) {
              listener.onMessage(message);
            }
          },
          delay());
    }
  }

  private static String text(Object bytes) {
    return new String((byte[]) bytes, UTF_8);
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

  /** What one instance sees. */
  final class Port {

    boolean isCut;

    Redis redis() {
      return (Redis) Proxy.newProxyInstance(
          Redis.class.getClassLoader(),
          new Class<?>[] {Redis.class},
          (proxy, method, args) -> switch (method.getName()) {
            case "eval" -> eval(args);
            case "subscribe" -> subscribe((String) args[0], (Redis.Listener) args[1]);
            default -> throw new UnsupportedOperationException(method.getName());
          });
    }

    private Redis.Subscription subscribe(String channel, Redis.Listener listener) {
      listeners.put(channel, listener);
      return () -> listeners.remove(channel);
    }

    @SuppressWarnings("unchecked") // the arguments of eval
    private CompletableFuture<List<Object>> eval(Object[] args) {
      var reply = new CompletableFuture<List<Object>>();
      time.schedule(
          () -> reply.completeExceptionally(failure(Failure.AMBIGUOUS)), (Duration) args[3]);
      if (isLost()) {
        return reply;
      }
      // Now and then a call comes long after its caller gave up, behind calls that were sent later.
      var late =
          random.nextDouble() < lossRatio / 4 ? Duration.ofMillis(random.nextInt(2_000)) : delay();
      time.schedule(
          () -> {
            var answer = run((LuaScript) args[0], (List<String>) args[1], (List<byte[]>) args[2]);
            if (!isLost()) {
              time.schedule(() -> reply.complete(answer), delay());
            }
          },
          late);
      return reply;
    }

    private boolean isLost() {
      return isCut || random.nextDouble() < lossRatio;
    }
  }
}
