package dev.scaling.resilience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.scaling.core.redis.LuaScript;
import dev.scaling.core.redis.Redis;
import dev.scaling.testkit.RedisExtension;
import dev.scaling.testkit.VirtualTime;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the script of the pool does on a real Redis. */
@Timeout(120)
final class PoolScriptIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.single();

  private static final Duration TIMEOUT = Duration.ofSeconds(30);
  private static final String KEY = "scaling:orders:t:1:{orders}";
  private static final long DAY_MILLIS = Duration.ofDays(1).toMillis();

  /** The script with a clock in the hands of the test. */
  private static final LuaScript WITH_CLOCK =
      LuaScript.of("draw", Pool.DRAW.source().replace("redis.call('TIME')", "{ARGV[6], ARGV[7]}"));

  private Redis redis;

  @BeforeEach
  void connect() {
    redis = Redis.connect(servers.address());
    redis.ready(TIMEOUT).join();
  }

  @AfterEach
  void close() {
    redis.close();
  }

  @Test
  void script_isTakenByRedis_underItsDigest() {
    assertThat(servers.server().command("SCRIPT", "LOAD", Pool.DRAW.source()))
        .isEqualTo(Pool.DRAW.sha1());
  }

  /** So the simulation is one of the script; the clock goes back now and then. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void script_doesWhatTheSimulationDoes(long seed) {
    var random = new Random(seed);
    var simulated = new SimulatedPool(new VirtualTime(), random);
    long micros = TimeUnit.DAYS.toMicros(20_000);
    for (int i = 0; i < 500; i++) {
      micros += random.nextInt(2_000_000) - 200_000;
      var args = List.of(
          (long) random.nextInt(3_000_000),
          (long) random.nextInt(4_000_000),
          25_000_000L,
          (long) random.nextInt(2) * 700_001,
          DAY_MILLIS,
          micros / 1_000_000,
          micros % 1_000_000);

      var reply = redis
          .eval(WITH_CLOCK, List.of("pool:" + seed), ScriptedPool.bytes(args), TIMEOUT)
          .join();

      assertThat(reply).as("call %d", i).containsExactly(simulated.draw(args, micros));
    }
  }

  @Test
  void poolThatNobodyKnows_isEmpty_andExpires() {
    assertThat(draw(0, 5_000_000, 1_000_000)).isZero();

    assertThat((Long) servers.server().command("PTTL", KEY)).isBetween(1L, DAY_MILLIS);
    assertThat((Long) servers.server().command("DBSIZE")).isEqualTo(1);
  }

  /** As much as a pool of any state may bring. */
  @ParameterizedTest
  @ValueSource(strings = {"-5", "nan", "inf", "1e99", "0x10", "", "12 ", "1.5"})
  void numberThatMakesNoSense_isNone(String number) {
    servers.server().command("HSET", KEY, "tokens", number, "at", number);

    assertThat(draw(2_000_000, 5_000_000, 1_000_000)).isEqualTo(2_000_000);
  }

  @Test
  void numbersThatAreTooGreat_areCutOff() {
    String huge = "9".repeat(300);
    servers.server().command("HSET", KEY, "tokens", huge, "at", huge);

    assertThat(draw(0, 60_000_000, 1_000_000)).isEqualTo(25_000_000);
    assertThat(draw(0, 60_000_000, 0)).isZero();
  }

  @Test
  void keyOfAnotherType_isAnError_andNoTokens() {
    servers.server().command("SET", KEY, "text");

    assertThatThrownBy(() -> draw(2_000_000, 5_000_000, 0)).hasMessageContaining("WRONGTYPE");
  }

  private long draw(long put, long wanted, long perSecond) {
    var args = ScriptedPool.bytes(List.of(put, wanted, 25_000_000L, perSecond, DAY_MILLIS));
    return (Long) redis.eval(Pool.DRAW, List.of(KEY), args, TIMEOUT).join().get(0);
  }
}
