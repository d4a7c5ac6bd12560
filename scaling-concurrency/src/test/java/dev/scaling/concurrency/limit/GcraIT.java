package dev.scaling.concurrency.limit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.core.redis.LuaScript;
import dev.scaling.core.redis.Redis;
import dev.scaling.testkit.RedisExtension;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The script against its specification in Java, on a real Redis whose clock the test holds. */
@Timeout(120)
final class GcraIT {

  private static final Duration TIMEOUT = Duration.ofSeconds(30);
  private static final double HORIZON = 5_000_000;

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.single();

  private final long seed = Long.getLong("scaling.limiter.seed", new Random().nextLong());
  private final Random random = new Random(seed);
  private final ServerTime time = new ServerTime();
  private Redis port;
  private Redis redis;

  @BeforeEach
  void connect() {
    port = Redis.connect(servers.address());
    port.ready(TIMEOUT).join();
    redis = time.around(port);
  }

  @AfterEach
  void close() {
    port.close();
  }

  /** Random limits, costs, pauses and clock steps: each reply is exactly what the model says. */
  @Test
  void script_decidesAsTheModel_onRandomHistories() {
    assertThat(firstDifference(ServerTime.SCRIPTS)).as("seed %d", seed).isNull();
  }

  /**
   * The controls: scripts that heal a clock for one call only, that forget a limit, that take no
   * debt, more of it than there is, or take it at the price of the first limit.
   */
  @ParameterizedTest
  @CsvSource({
    "'changed = changed or tat > latest', ''",
    "'calls = math.min(calls, math.max(fit, 0))', 'calls = math.max(fit, 0)'",
    "'owed, calls, horizon = calls * cost, 0, 0', 'calls, horizon = 0, 0'",
    "'math.max(0, math.min(owed * periods[i], room))', 'owed * periods[i]'",
    "'math.min(owed * periods[i]', 'math.min(owed * periods[1]'"
  })
  void brokenScript_isNoticed(String right, String wrong) {
    var take = ServerTime.SCRIPTS.take();
    assertThat(take.source()).contains(right);
    var broken = new Scripts(
        LuaScript.of("take", take.source().replace(right, wrong)),
        ServerTime.SCRIPTS.refund(),
        ServerTime.SCRIPTS.members());

    assertThat(firstDifference(broken)).as("seed %d", seed).isNotNull();
  }

  /** Returns where a script and the model part, or {@code null}. */
  private @Nullable String firstDifference(Scripts scripts) {
    for (int history = 0; history < 60; history++) {
      var gcra = new Gcra(names(1 + random.nextInt(8)), limits);
      var store = new RedisStore(redis, scripts, gcra, "test:r:1:{", TIMEOUT, HORIZON);
      double[] model = new double[gcra.limits()];
      for (int step = 0; step < 60; step++) {
        advance();
        double now = time.micros.get();
        var asks = asks();
        double[] kept = model.clone();
        gcra.settle(model, now, HORIZON);
        double[] found = model.clone();
        var calls = new long[asks.size()];
        for (int i = 0; i < calls.length; i++) {
          calls[i] = gcra.take(model, now, asks.get(i));
        }
        boolean isTaken = Arrays.stream(calls).sum() > 0 || asks.stream().anyMatch(Ask::isDebt);
        if (!isTaken && !isHealed(kept, found)) {
          model = kept; // nothing is written then
        }

        var taken = store.take("key" + history, asks).join();

        if (taken.nowMicros() != now
            || !Arrays.equals(taken.tats(), found)
            || !Arrays.equals(taken.calls(), calls)) {
          return "history " + history + ", step " + step + ": " + Arrays.toString(taken.tats())
              + " for " + Arrays.toString(found);
        }
      }
    }
    return null;
  }

  private static boolean isHealed(double[] kept, double[] found) {
    return IntStream.range(0, kept.length).anyMatch(i -> found[i] < kept[i]);
  }

  private List<RateLimit> limits = List.of();

  private List<String> names(int count) {
    limits = IntStream.range(0, count).mapToObj(i -> limit()).toList();
    return IntStream.range(0, count).mapToObj(i -> "limit" + i).toList();
  }

  private RateLimit limit() {
    long permits = 1L + random.nextInt(1_000);
    var period = Duration.ofMillis(1 + random.nextInt(3_600_000)).plusNanos(random.nextInt(1_000));
    long micros = Math.max(1, period.toNanos() / 1_000);
    return new RateLimit(Math.min(permits, micros), period, 1L + random.nextInt(100));
  }

  private List<Ask> asks() {
    List<Ask> asks = new ArrayList<>();
    for (int i = 0; i <= random.nextInt(6); i++) {
      if (random.nextInt(8) == 0) {
        asks.add(Ask.ofDebt(1L + random.nextInt(random.nextBoolean() ? 10 : 100_000)));
        continue;
      }
      asks.add(new Ask(
          1L + random.nextInt(5),
          1L + random.nextInt(4),
          random.nextInt(3) == 0 ? random.nextInt((int) HORIZON) : 0));
    }
    return asks;
  }

  private void advance() {
    switch (random.nextInt(10)) {
      case 0 -> time.micros.addAndGet(-random.nextInt(2_000_000_000)); // a clock that is set back
      case 1, 2, 3 -> {} // within a microsecond
      case 4 -> time.micros.addAndGet(random.nextInt(2_000_000_000));
      default -> time.micros.addAndGet(random.nextInt(100_000));
    }
  }
}
