package dev.scaling.locks.fencing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.scaling.core.redis.LuaScript;
import dev.scaling.core.redis.Redis;
import dev.scaling.core.redis.RedisCallException;
import dev.scaling.core.redis.RedisCallException.Failure;
import dev.scaling.testkit.RedisExtension;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A user's script runs with the check or not at all. */
@Timeout(120)
final class FencedScriptIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.single();

  private static final String KEY = "scaling:invoices:f:1:{a}";
  private static final LuaScript APPEND =
      LuaScript.of("append", "return {redis.call('RPUSH', KEYS[1], ARGV[1])}");

  private Redis redis;
  private RedisFenceGuard guard;

  @BeforeEach
  void connect() {
    redis = Redis.connect(servers.address());
    guard = RedisFenceGuard.builder("invoices", redis)
        .redisTimeout(Duration.ofSeconds(30))
        .build();
  }

  @AfterEach
  void disconnect() {
    redis.close();
  }

  @Test
  void write_runs_untilAGreaterTokenIsSeen() {
    var write = guard.script(LuaScript.of("write", "return redis.call('SET', KEYS[1], ARGV[1])"));

    write.run("a", 7, List.of("data"), List.of(bytes("first")));
    write.run("a", 7, List.of("data"), List.of(bytes("second")));
    assertThatExceptionOfType(StaleFencingTokenException.class)
        .isThrownBy(() -> write.run("a", 6, List.of("data"), List.of(bytes("late"))))
        .withMessage("invoices: fencing token 6 is older than 7, which was seen")
        .satisfies(e -> assertThat(e.greatestSeen()).isEqualTo(7));

    assertThat(command("GET", "data")).isEqualTo("second");
    assertThat(command("GET", KEY)).isEqualTo("7");
    assertThat(guard.tryCheck("a", 6)).isFalse();
  }

  @Test
  void script_seesItsOwnKeysAndArguments() {
    var echo =
        guard.script(LuaScript.of("echo", "return {#KEYS, KEYS[1], KEYS[2], #ARGV, ARGV[1]}"));

    assertThat((List<?>) echo.run("a", 7, List.of("x", "y"), List.of(bytes("\0é"))))
        .satisfiesExactly(
            keys -> assertThat(keys).isEqualTo(2L),
            first -> assertThat((byte[]) first).isEqualTo(bytes("x")),
            second -> assertThat((byte[]) second).isEqualTo(bytes("y")),
            args -> assertThat(args).isEqualTo(1L),
            arg -> assertThat((byte[]) arg).isEqualTo(bytes("\0é")));
    assertThat((List<?>) echo.run("a", 7, List.of(), List.of())).hasSize(1); // ends at the nil
  }

  @Test
  void reply_isWhatTheScriptReturns() {
    assertThat(run("return 5")).isEqualTo(5L);
    assertThat((byte[]) run("return 'text'")).isEqualTo(bytes("text"));
    assertThat((byte[]) run("return redis.status_reply('OK')")).isEqualTo(bytes("OK"));
    assertThat(run("return {{1}, 2}")).isEqualTo(List.of(List.of(1L), 2L));
    assertThat(run("return nil")).isNull();
    assertThat(run("return false")).isNull();
    assertThat(run("local unused = 1")).isNull();
    assertThat(run("if true then return 1 end return 2 -- and a comment")).isEqualTo(1L);
  }

  @Test
  void errorThatTheScriptReturns_isAnErrorOfTheCall() {
    assertThatExceptionOfType(RedisCallException.class)
        .isThrownBy(() -> run("return redis.error_reply('ERR no such invoice')"))
        .withMessageContaining("no such invoice")
        .satisfies(e -> assertThat(e.failure()).isEqualTo(Failure.REJECTED));
  }

  @Test
  void scriptThatFailsHalfWay_keepsWhatItWrote_andTheTokenIsAccepted() {
    assertThatExceptionOfType(RedisCallException.class)
        .isThrownBy(() -> run("redis.call('SET', 'half', 'x') redis.call('INCR', 'half')"))
        .satisfies(e -> assertThat(e.failure()).isEqualTo(Failure.REJECTED));

    assertThat(command("GET", "half")).isEqualTo("x");
    assertThat(guard.tryCheck("a", 6)).isFalse();
    assertThat(guard.tryCheck("a", 7)).isTrue();
  }

  @Test
  void textThatIsNoLua_changesNothing() {
    assertThatExceptionOfType(RedisCallException.class).isThrownBy(() -> run("this is no Lua"));

    assertThat(command("GET", KEY)).isNull();
  }

  @Test
  void writesOfManyThreads_neverGoBack() throws Exception {
    var append = guard.script(APPEND);

    FenceHistory.run(
        /* seed= */ 1,
        /* steps= */ 400,
        (random, i) -> {
          int resource = random.nextInt(FenceHistory.RESOURCES);
          long token = FenceHistory.token(random, i);
          try {
            append.run("r" + resource, token, List.of(list(resource)), List.of(digits(token)));
          } catch (StaleFencingTokenException e) {
            assertThat(e.greatestSeen()).isGreaterThan(token);
          }
        });

    assertThat(written(0)).hasSizeGreaterThan(3);
    assertThat(anyGoesBack()).isFalse();
  }

  /** A control: others get between a check and a write that are two calls. */
  @Test
  void checkThenWrite_isCaught() throws Exception {
    boolean mayWrite = guard.tryCheck("r0", 7);
    guard.script(APPEND).run("r0", 8, List.of(list(0)), List.of(digits(8)));
    assertThat(anyGoesBack()).isFalse();

    if (mayWrite) {
      redis
          .eval(APPEND, List.of(list(0)), List.of(digits(7)), Duration.ofSeconds(30))
          .join();
    }

    assertThat(anyGoesBack()).isTrue();
  }

  private Object run(String text) {
    return guard.script(LuaScript.of("test", text)).run("a", 7, List.of(), List.of());
  }

  private static boolean anyGoesBack() {
    for (int i = 0; i < FenceHistory.RESOURCES; i++) {
      if (FenceHistory.goesBack(written(i))) {
        return true;
      }
    }
    return false;
  }

  private static List<Long> written(int resource) {
    var list = (List<?>) command("LRANGE", list(resource), "0", "-1");
    return list.stream().map(token -> Long.valueOf((String) token)).toList();
  }

  private static String list(int resource) {
    return "writes:{r" + resource + "}";
  }

  private static byte[] digits(long number) {
    return bytes(Long.toString(number));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  private static Object command(String... command) {
    return servers.server().command(command);
  }
}
