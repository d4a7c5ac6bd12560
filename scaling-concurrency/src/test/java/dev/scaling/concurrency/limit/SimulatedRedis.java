package dev.scaling.concurrency.limit;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.scaling.core.redis.LuaScript;
import dev.scaling.core.redis.Redis;
import dev.scaling.core.redis.RedisCallException;
import dev.scaling.core.redis.RedisCallException.Failure;
import dev.scaling.testkit.VirtualTime;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * A Redis of a simulation: runs our scripts as {@link GcraIT} has shown that the real one does,
 * behind a network that delays and loses, with a clock that steps, and forgets what it is told to.
 */
final class SimulatedRedis {

  final VirtualTime time;
  long clockStepMicros;
  double lossRatio;
  int mostDelayMicros = 20_000;
  boolean isPaused;

  /** Whether what comes during a pause is lost, and not run after it. */
  boolean isCutOff;

  int calls;

  /** When the script ran whose reply is being delivered. */
  long deliveredRanNanos;

  /** The limits as they are kept here. */
  Gcra gcra;

  private final Random random;
  private final double longestHorizon;
  private final int instances;
  private final Map<String, double[]> states = new HashMap<>();
  private final List<Write> writes = new ArrayList<>();
  private final List<Runnable> held = new ArrayList<>();

  SimulatedRedis(VirtualTime time, Random random, double longestHorizon, int instances) {
    this.time = time;
    this.random = random;
    this.longestHorizon = longestHorizon;
    this.instances = instances;
  }

  /** Returns a port of one instance. */
  Redis port() {
    return (Redis) Proxy.newProxyInstance(
        Redis.class.getClassLoader(), new Class<?>[] {Redis.class}, (proxy, method, args) -> {
          if (!method.getName().equals("eval")) {
            throw new UnsupportedOperationException(method.getName());
          }
          return call(
              (LuaScript) args[0], (List<?>) args[1], (List<?>) args[2], (Duration) args[3]);
        });
  }

  /** Forgets all, as a failover to a replica that knew nothing. */
  void forget() {
    states.clear();
  }

  /** Fails over to a replica with another clock that has not heard of the last writes. */
  void failOver(Duration lag, long skewMicros) {
    states.clear();
    long heardNanos = time.nanoTime() - lag.toNanos();
    for (Write write : writes) {
      if (write.nanos <= heardNanos) {
        states.put(write.key, write.tats.clone());
      }
    }
    clockStepMicros += skewMicros;
  }

  /** Returns whether any key has a permit now, with a microsecond to spare for rounding. */
  boolean hasOneLeft() {
    double now = nowMicros() - 1;
    return states.values().stream().map(double[]::clone).anyMatch(tats -> {
      gcra.settle(tats, now, longestHorizon);
      return gcra.remaining(tats, now) > 0;
    });
  }

  void resume() {
    isPaused = false;
    var waiting = List.copyOf(held);
    held.clear();
    waiting.forEach(Runnable::run);
  }

  private CompletableFuture<List<Object>> call(
      LuaScript script, List<?> keys, List<?> args, Duration timeout) {
    calls++;
    var reply = new CompletableFuture<List<Object>>();
    time.schedule(() -> reply.completeExceptionally(failure(Failure.AMBIGUOUS)), timeout);
    if (lost()) {
      return reply;
    }
    time.schedule(
        () -> {
          Runnable run = () -> {
            var answer = run(script, (String) keys.get(0), args);
            if (!lost()) {
              long ranNanos = time.nanoTime();
              time.schedule(
                  () -> {
                    deliveredRanNanos = ranNanos;
                    reply.complete(answer);
                  },
                  delay());
            }
          };
          if (!isPaused) {
            run.run();
          } else if (!isCutOff) {
            held.add(run);
          }
        },
        delay());
    return reply;
  }

  private boolean lost() {
    return random.nextDouble() < lossRatio;
  }

  private Duration delay() {
    return Duration.ofNanos(random.nextInt(mostDelayMicros + 1) * 1_000L);
  }

  private List<Object> run(LuaScript script, String key, List<?> args) {
    return switch (script.name()) {
      case "take" -> take(key, args);
      case "refund" -> refund(key, (byte[]) args.get(0), (byte[]) args.get(1));
      case "members" -> List.of((long) instances);
      default -> throw new UnsupportedOperationException(script.name());
    };
  }

  private List<Object> take(String key, List<?> args) {
    double now = nowMicros();
    double[] tats = states.computeIfAbsent(key, unknown -> new double[gcra.limits()]);
    gcra.settle(tats, now, longestHorizon);
    List<Object> reply = new ArrayList<>();
    reply.add((long) now);
    reply.add(packed(tats));
    for (int at = 2 + gcra.limits(); at + 2 < args.size(); at += 3) {
      var ask = new Ask(
          (long) number(args.get(at)), (long) number(args.get(at + 1)), number(args.get(at + 2)));
      reply.add(gcra.take(tats, now, ask));
    }
    writes.add(new Write(time.nanoTime(), key, tats.clone()));
    return reply;
  }

  private double nowMicros() {
    return 1_000_000_000_000L + clockStepMicros + TimeUnit.NANOSECONDS.toMicros(time.nanoTime());
  }

  private List<Object> refund(String key, byte[] expected, byte[] before) {
    boolean isTail = Arrays.equals(states.get(key), unpacked(expected));
    if (isTail) {
      states.put(key, unpacked(before));
    }
    return List.of(isTail ? 1L : 0L);
  }

  /** Returns the times at the end of a state. */
  private double[] unpacked(byte[] state) {
    int length = 8 * gcra.limits();
    var times = ByteBuffer.wrap(state, state.length - length, length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .asDoubleBuffer();
    var all = new double[gcra.limits()];
    times.get(all);
    return all;
  }

  private static double number(Object arg) {
    return Double.parseDouble(new String((byte[]) arg, US_ASCII));
  }

  private static byte[] packed(double[] tats) {
    var buffer = ByteBuffer.allocate(8 * tats.length).order(ByteOrder.LITTLE_ENDIAN);
    for (double tat : tats) {
      buffer.putDouble(tat);
    }
    return buffer.array();
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

  @SuppressWarnings("ArrayRecordComponent") // nobody compares two of them
  private record Write(long nanos, String key, double[] tats) {}
}
