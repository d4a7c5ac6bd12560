package dev.scaling.locks.fencing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import dev.scaling.core.redis.LuaScript;
import dev.scaling.core.redis.Redis;
import dev.scaling.core.redis.RedisCallException;
import dev.scaling.core.redis.RedisCallException.Failure;
import dev.scaling.testkit.FaultProxy;
import dev.scaling.testkit.FaultProxy.Mode;
import dev.scaling.testkit.RedisExtension;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a guard in Redis says when Redis does not: never that a token is good. */
@Timeout(120)
final class FenceGuardFaultsIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.single();

  private static final String KEY = "scaling:invoices:f:1:{a}";
  private static final LuaScript SET =
      LuaScript.of("set", "return redis.call('SET', KEYS[1], ARGV[1])");

  private FaultProxy proxy;
  private Redis redis;
  private RedisFenceGuard guard;

  @BeforeEach
  void connect() {
    servers.requireFaults();
    proxy = FaultProxy.to(servers.server());
    redis = Redis.connect(proxy.address());
    redis.ready(Duration.ofSeconds(30)).join();
    guard = RedisFenceGuard.builder("invoices", redis)
        .redisTimeout(Duration.ofSeconds(1))
        .build();
    guard.check("a", 7);
  }

  @AfterEach
  void disconnect() {
    redis.close();
    proxy.close();
  }

  @Test
  void requestThatIsLost_isAmbiguous_andNothingIsWritten() {
    proxy.mode(Mode.DROP_REQUESTS);

    assertFails(8, Failure.AMBIGUOUS);

    assertThat(command("GET", KEY)).isEqualTo("7");
    assertThat(command("GET", "data")).isNull();
  }

  @Test
  void replyThatIsLost_isAmbiguous_andTokenAndWriteAreBothThere() {
    proxy.mode(Mode.DROP_REPLIES);

    assertFails(8, Failure.AMBIGUOUS);

    await().until(() -> command("GET", KEY).equals("8"));
    assertThat(command("GET", "data")).isEqualTo("x");
  }

  @Test
  void replyThatIsLost_ofAnOldToken_isAmbiguous_andNothingIsWritten() {
    proxy.mode(Mode.DROP_REPLIES);

    assertFails(6, Failure.AMBIGUOUS);

    assertThat(command("GET", KEY)).isEqualTo("7");
    assertThat(command("GET", "data")).isNull();
  }

  @Test
  void check_isRepeatedWithoutHarm_onceRedisIsBack() {
    proxy.mode(Mode.DROP_REPLIES);
    assertThatExceptionOfType(RedisCallException.class)
        .isThrownBy(() -> guard.check("a", 8))
        .satisfies(e -> assertThat(e.failure()).isEqualTo(Failure.AMBIGUOUS));

    proxy.mode(Mode.PASS);
    proxy.cutConnections();

    await().ignoreExceptions().until(() -> guard.tryCheck("a", 8));
    assertThat(guard.tryCheck("a", 7)).isFalse();
  }

  @Test
  void redisThatIsGone_isSaid() {
    servers.server().kill();

    assertThatExceptionOfType(RedisCallException.class).isThrownBy(() -> guard.tryCheck("a", 8));
    assertThatExceptionOfType(RedisCallException.class).isThrownBy(() -> guard.tryCheck("a", 6));
  }

  /** The limit that docs/fencing.md states, and why the data must be beside the token. */
  @Test
  void emptiedRedis_hasForgottenTokensAndDataAlike() {
    write(8);

    command("FLUSHALL");

    assertThat(guard.tryCheck("a", 6)).isTrue();
    assertThat(command("GET", "data")).isNull();
  }

  @Test
  void interrupt_endsTheWait_andStaysSet() {
    servers.server().pause();
    Thread.currentThread().interrupt();

    assertThatExceptionOfType(CancellationException.class)
        .isThrownBy(() -> guard.check("a", 8))
        .withMessage("invoices: interrupted while waiting for Redis, which may have accepted the"
            + " token");
    assertThat(Thread.interrupted()).isTrue();
  }

  private void assertFails(long token, Failure failure) {
    assertThatExceptionOfType(RedisCallException.class)
        .isThrownBy(() -> write(token))
        .satisfies(e -> assertThat(e.failure()).isEqualTo(failure));
  }

  private void write(long token) {
    guard.script(SET).run("a", token, List.of("data"), List.of(new byte[] {'x'}));
  }

  private static Object command(String... command) {
    return servers.server().command(command);
  }
}
