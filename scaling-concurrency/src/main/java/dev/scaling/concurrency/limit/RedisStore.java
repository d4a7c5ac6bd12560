package dev.scaling.concurrency.limit;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.scaling.core.redis.Redis;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Keys whose state is in Redis: one script a flight, with the server's clock. */
final class RedisStore implements Store {

  private static final byte[] FORMAT = {'S', 'R', '1'};

  private final Redis redis;
  private final Scripts scripts;
  private final Gcra gcra;
  private final String prefix;
  private final Duration timeout;
  private final List<byte[]> settings;

  RedisStore(
      Redis redis,
      Scripts scripts,
      Gcra gcra,
      String prefix,
      Duration timeout,
      double longestHorizon) {
    this.redis = redis;
    this.scripts = scripts;
    this.gcra = gcra;
    this.prefix = prefix;
    this.timeout = timeout;
    settings = new ArrayList<>();
    settings.add(gcra.layout());
    settings.add(number(longestHorizon));
    for (int i = 0; i < gcra.limits(); i++) {
      settings.add(number(gcra.reach(i)));
    }
  }

  @Override
  public CompletableFuture<Taken> take(String key, List<Ask> asks) {
    var runs = runs(asks);
    var args = new ArrayList<>(settings);
    for (Ask run : runs) {
      args.add(integer(run.cost));
      args.add(integer(run.calls));
      args.add(number(run.horizonMicros));
    }
    return redis.eval(scripts.take(), List.of(name(key)), args, timeout).thenApply(reply -> {
      var tats = doubles((byte[]) reply.get(1), gcra.limits());
      return new Taken((Long) reply.get(0), tats, spread(asks, runs, reply));
    });
  }

  @Override
  public CompletableFuture<Boolean> refund(String key, Grant grant) {
    double ends = grant.nowMicros();
    for (double tat : grant.before()) {
      ends = Math.max(ends, tat);
    }
    var args = List.of(
        state(grant.after()), state(grant.before()), integer((long) Math.ceil(ends / 1_000)));
    return redis
        .eval(scripts.refund(), List.of(name(key)), args, timeout)
        .thenApply(reply -> Long.valueOf(1).equals(reply.get(0)));
  }

  /** Returns the name of a key's state; the braces make the key alone decide the slot. */
  String name(String key) {
    return prefix + key + "}";
  }

  /** Merges neighbours that ask for the same. */
  private static List<Ask> runs(List<Ask> asks) {
    List<Ask> runs = new ArrayList<>();
    for (Ask ask : asks) {
      int last = runs.size() - 1;
      if (last >= 0 && ask.goesWith(runs.get(last))) {
        runs.set(last, new Ask(ask.cost, runs.get(last).calls + ask.calls, ask.horizonMicros));
      } else {
        runs.add(ask);
      }
    }
    return runs;
  }

  /** Spreads what was granted to runs over their asks, first come first served. */
  private static long[] spread(List<Ask> asks, List<Ask> runs, List<?> reply) {
    var calls = new long[asks.size()];
    int run = 0;
    long granted = (Long) reply.get(2);
    long unspread = runs.get(0).calls;
    for (int i = 0; i < calls.length; i++) {
      if (unspread == 0) {
        run++;
        granted = (Long) reply.get(2 + run);
        unspread = runs.get(run).calls;
      }
      calls[i] = Math.min(asks.get(i).calls, granted);
      granted -= calls[i];
      unspread -= asks.get(i).calls;
    }
    return calls;
  }

  private byte[] state(double[] tats) {
    var layout = gcra.layout();
    var state = ByteBuffer.allocate(FORMAT.length + layout.length + 8 * tats.length)
        .order(ByteOrder.LITTLE_ENDIAN);
    state.put(FORMAT).put(layout);
    for (double tat : tats) {
      state.putDouble(tat);
    }
    return state.array();
  }

  private static double[] doubles(byte[] packed, int count) {
    var buffer = ByteBuffer.wrap(packed).order(ByteOrder.LITTLE_ENDIAN);
    var doubles = new double[count];
    for (int i = 0; i < count; i++) {
      doubles[i] = buffer.getDouble();
    }
    return doubles;
  }

  private static byte[] integer(long number) {
    return Long.toString(number).getBytes(US_ASCII);
  }

  private static byte[] number(double number) {
    return number == Math.rint(number) && Math.abs(number) < 1e15
        ? integer((long) number)
        : Double.toString(number).getBytes(US_ASCII);
  }
}
