package dev.scaling.concurrency.semaphore;

import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.core.redis.LuaScript;
import dev.scaling.core.redis.Redis;
import dev.scaling.testkit.RedisExtension;
import dev.scaling.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random histories of several instances, in virtual time and with the real script: calls, replies
 * and messages are late or lost, instances die. An oracle counts the permits that are valid.
 */
@Timeout(300)
final class SemaphoreSimulationIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.single();

  private static final int PERMITS = 3;
  private static final Duration LEASE = Duration.ofSeconds(2);

  private static Redis redis;

  @BeforeAll
  static void connect() {
    redis = Redis.connect(servers.address());
    redis.ready(Duration.ofMinutes(1)).join();
  }

  @AfterAll
  static void close() {
    redis.close();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
  void histories_neverHaveMorePermitsThanThereAre_andLoseNone(long seed) {
    var history = new History(seed, VirtualRedis.SCRIPT);

    history.run(6_000);
    history.heal();

    assertThat(history.mostValid).as("seed " + seed).isBetween(2, PERMITS);
    assertThat(history.granted).as("seed " + seed).isGreaterThan(20);
    assertThat(history.freeAtTheEnd()).as("seed " + seed).isEqualTo(PERMITS);
  }

  @ParameterizedTest
  @EnumSource
  void brokenVariants_areCaught(Broken variant) {
    int most = 0;
    for (long seed = 1; seed <= 30 && most <= PERMITS; seed++) {
      var history = new History(seed, variant.script());
      history.run(6_000);
      most = history.mostValid;
      servers.server().command("FLUSHALL");
    }

    assertThat(most).isGreaterThan(PERMITS);
  }

  /** A step forward as long as the margin, or a step back, between two calls of whoever holds. */
  @ParameterizedTest
  @ValueSource(longs = {100, -1_500})
  void clockThatIsSet_doesNoHarm(long millis) {
    for (long seed = 1; seed <= 6; seed++) {
      var history = new History(seed, VirtualRedis.SCRIPT);
      history.setClock(millis);

      history.run(6_000);
      history.heal();

      assertThat(history.mostValid).as("seed " + seed).isBetween(2, PERMITS);
      assertThat(history.freeAtTheEnd()).as("seed " + seed).isEqualTo(PERMITS);
      servers.server().command("FLUSHALL");
    }
  }

  /** The control: all leases end at once, and the instances do not know. */
  @Test
  void clockThatIsSetForwardByALease_isCaught() {
    int most = 0;
    for (long seed = 1; seed <= 30 && most <= PERMITS; seed++) {
      var history = new History(seed, VirtualRedis.SCRIPT);
      history.setClock(LEASE.toMillis());
      history.run(6_000);
      most = history.mostValid;
      servers.server().command("FLUSHALL");
    }

    assertThat(most).isGreaterThan(PERMITS);
  }

  @Test
  void quietHistory_isFair() {
    var history = new History(1, VirtualRedis.SCRIPT);
    history.server.lossRatio = 0;
    history.server.messageLossRatio = 0;
    history.deaths = false;

    history.run(6_000);

    assertThat(history.mostValid).isEqualTo(PERMITS);
    int least = Collections.min(history.grantedTo);
    assertThat(least).isGreaterThan(20);
    assertThat(Collections.max(history.grantedTo)).isLessThan(2 * least);
  }

  /** What the oracle must find. */
  enum Broken {
    LATE_CALLS_COUNT("tonumber(ARGV[2]) <= call", "false"),
    DEAD_TOO_EARLY("now + ARGV[7]", "now + ARGV[7] / 2"),
    GRANTS_ARE_NOT_COUNTED("used = used + 1", "");

    private final String line;
    private final String instead;

    Broken(String line, String instead) {
      this.line = line;
      this.instead = instead;
    }

    LuaScript script() {
      var source = VirtualRedis.SCRIPT.source();
      assertThat(source).contains(line);
      return LuaScript.of("broken", source.replace(line, instead));
    }
  }

  /** One history. */
  private static final class History {

    final Random random;
    final VirtualTime time = new VirtualTime();
    final VirtualRedis server;
    final List<DistributedSemaphore> instances = new ArrayList<>();
    final List<VirtualRedis.Port> ports = new ArrayList<>();
    final List<Permit> permits = new ArrayList<>();
    final List<Integer> grantedTo = new ArrayList<>();
    final LuaScript script;
    boolean deaths = true;
    int granted;
    int refused;
    int mostValid;

    History(long seed, LuaScript script) {
      this.script = script;
      random = new Random(seed);
      server = new VirtualRedis(redis, time, random);
      server.lossRatio = 0.05;
      server.messageLossRatio = 0.2;
      server.mostDelayMicros = 10_000;
      for (int i = 0; i < 4; i++) {
        open();
      }
    }

    void open() {
      var port = server.port();
      ports.add(port);
      grantedTo.add(0);
      instances.add(DistributedSemaphore.builder("sim", port.redis())
          .permits(PERMITS)
          .lease(LEASE)
          .redisTimeout(Duration.ofMillis(100))
          .time(time)
          .random(random)
          .executor(Runnable::run)
          .script(script)
          .build());
    }

    void run(int millis) {
      for (int i = 0; i < millis && mostValid <= PERMITS; i++) {
        if (random.nextInt(8) == 0) {
          ask(random.nextInt(instances.size()));
        }
        if (deaths && random.nextInt(1_000) == 0) {
          ports.get(random.nextInt(4)).isCut = true;
        }
        if (deaths && random.nextInt(500) == 0) {
          ports.get(random.nextInt(4)).isCut = false;
        }
        time.advance(Duration.ofMillis(1));
        check();
      }
    }

    /** Sets the server's clock once, some time in the middle. */
    void setClock(long millis) {
      time.schedule(
          () -> server.clockStepMicros += millis * 1_000,
          Duration.ofMillis(1_000L + random.nextInt(4_000)));
    }

    void ask(int instance) {
      var maxWait = Duration.ofMillis(random.nextInt(3) * 700L);
      instances.get(instance).acquireAsync(maxWait).whenComplete((permit, failure) -> {
        if (permit == null) {
          refused++;
          return;
        }
        granted++;
        grantedTo.set(instance, grantedTo.get(instance) + 1);
        permits.add(permit);
        check();
        time.schedule(
            () -> {
              permits.remove(permit);
              permit.close();
            },
            Duration.ofMillis(deaths && random.nextInt(20) == 0 ? 2_500 : random.nextInt(40)));
      });
    }

    void check() {
      permits.removeIf(permit -> !permit.isValid());
      mostValid = Math.max(mostValid, permits.size());
    }

    void heal() {
      server.lossRatio = 0;
      ports.forEach(port -> port.isCut = false);
      time.advance(Duration.ofSeconds(10));
      assertThat(instances)
          .allSatisfy(each -> assertThat(each.snapshot().waiting()).isZero());
    }

    int freeAtTheEnd() {
      open();
      var last = instances.get(instances.size() - 1);
      int free = 0;
      for (int i = 0; i < PERMITS + 1; i++) {
        var permit = last.acquireAsync(Duration.ofMillis(500));
        time.advance(Duration.ofMillis(600));
        free += permit.isCompletedExceptionally() ? 0 : 1;
      }
      return free;
    }
  }
}
