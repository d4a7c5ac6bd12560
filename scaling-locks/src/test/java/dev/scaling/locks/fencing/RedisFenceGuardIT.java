package dev.scaling.locks.fencing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import dev.scaling.core.redis.LuaScript;
import dev.scaling.core.redis.Redis;
import dev.scaling.core.redis.RedisCallException;
import dev.scaling.core.redis.RedisCallException.Failure;
import dev.scaling.testkit.CommandCounter;
import dev.scaling.testkit.RedisExtension;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A guard in a real Redis keeps the contract, each key its time, and lets no odd value pass. */
@Timeout(120)
final class RedisFenceGuardIT extends FenceGuardContract {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.single();

  private static final Duration LONG = Duration.ofSeconds(30);
  private static final String KEY = "scaling:invoices:f:1:{a}";
  private static final long DAY_MILLIS = Duration.ofDays(1).toMillis();

  private Redis redis;
  private RedisFenceGuard guard;

  @BeforeEach
  void connect() {
    redis = Redis.connect(servers.address());
    guard = guardOf("invoices", "scaling");
  }

  @AfterEach
  void disconnect() {
    redis.close();
  }

  @Override
  Subject guard() {
    return Subject.of(guard);
  }

  @Override
  int mostBytes() {
    return 10_240;
  }

  @Test
  void key_holdsTheTokenInDigits_forTheRetention() {
    guard.check("a", 7);

    assertThat(command("KEYS", "*")).isEqualTo(List.of(KEY));
    assertThat(command("GET", KEY)).isEqualTo("7");
    assertThat(millisLeft()).isBetween(DAY_MILLIS - 60_000, DAY_MILLIS);
  }

  @ParameterizedTest
  @ValueSource(longs = {6, 7, 8})
  void everyCheck_keepsTheKeyForTheRetentionAnew(long token) {
    guard.check("a", 7);
    command("PEXPIRE", KEY, "50000");

    guard.tryCheck("a", token);

    assertThat(millisLeft()).isGreaterThan(DAY_MILLIS - 60_000);
  }

  @Test
  void token_isForgottenAfterTheRetention_andNotBefore() {
    var brief = RedisFenceGuard.builder("invoices", redis)
        .retention(Duration.ofSeconds(2))
        .redisTimeout(LONG)
        .build();
    brief.check("a", 7);

    assertThat(brief.tryCheck("a", 6)).isFalse();
    await().until(() -> command("GET", KEY) == null);

    assertThat(brief.tryCheck("a", 6)).isTrue();
  }

  @Test
  void guards_shareWhatTheyHaveSeen_byPrefixAndName() {
    guard.check("a", 7);

    assertThat(guardOf("invoices", "scaling").tryCheck("a", 6)).isFalse();
    assertThat(guardOf("orders", "scaling").tryCheck("a", 6)).isTrue();
    assertThat(guardOf("invoices", "other").tryCheck("a", 6)).isTrue();
  }

  @Test
  void check_isOneScript() {
    guard.check("a", 7);
    try (var sent = CommandCounter.sentTo(servers.server())) {
      guard.check("a", 7);

      assertThat(sent.counts()).containsEntry("evalsha", 1L).doesNotContainKey("eval");
    }
  }

  /** To take what is no token for none would let old ones pass. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "0",
        "007",
        "-1",
        "1e3",
        "0x7",
        "7.0",
        " 7",
        "7\n",
        "x",
        "9223372036854775808",
        "10000000000000000000",
        "٧"
      })
  void valueThatIsNoToken_isAnError_andStays(String value) {
    command("SET", KEY, value);

    assertThatExceptionOfType(RedisCallException.class)
        .isThrownBy(() -> guard.check("a", 7))
        .withMessageContaining("the key of a fenced resource holds no fencing token")
        .satisfies(e -> assertThat(e.failure()).isEqualTo(Failure.REJECTED));
    assertThat(command("GET", KEY)).isEqualTo(value);
  }

  @Test
  void greatestToken_isOne() {
    command("SET", KEY, "9223372036854775807");

    assertThatExceptionOfType(StaleFencingTokenException.class)
        .isThrownBy(() -> guard.check("a", 7))
        .satisfies(e -> assertThat(e.greatestSeen()).isEqualTo(Long.MAX_VALUE));
  }

  @Test
  void keyOfAnotherType_isAnError_andStays() {
    command("RPUSH", KEY, "7");
    var write = guard.script(LuaScript.of("write", "redis.call('SET', KEYS[1], 'x')"));

    for (Runnable call : List.<Runnable>of(
        () -> guard.check("a", 7), () -> write.run("a", 7, List.of("data"), List.of()))) {
      assertThatExceptionOfType(RedisCallException.class)
          .isThrownBy(call::run)
          .withMessageContaining("WRONGTYPE")
          .satisfies(e -> assertThat(e.failure()).isEqualTo(Failure.REJECTED));
    }
    assertThat(command("LRANGE", KEY, "0", "-1")).isEqualTo(List.of("7"));
    assertThat(command("GET", "data")).isNull();
  }

  @ParameterizedTest
  @MethodSource("files")
  void everyFile_isTakenByRedis_underItsDigest(String name) {
    assertIsTaken(LuaScript.load(RedisFences.class, "locks", name));
  }

  @Test
  void whatIsSent_isTakenByRedis_underItsDigest() {
    assertIsTaken(RedisFences.CHECK);
  }

  @Test
  void toString_saysNameAndPlace() {
    assertThat(guard).hasToString("FenceGuard{invoices, in Redis}");
  }

  private RedisFenceGuard guardOf(String name, String prefix) {
    return RedisFenceGuard.builder(name, redis)
        .prefix(prefix)
        .redisTimeout(LONG)
        .build();
  }

  private static void assertIsTaken(LuaScript script) {
    assertThat(command("SCRIPT", "LOAD", script.source())).isEqualTo(script.sha1());
  }

  private static List<String> files() throws Exception {
    try (var files = Files.list(Path.of("src/main/resources/META-INF/scaling/locks"))) {
      return files
          .map(file -> file.getFileName().toString().replace(".lua", ""))
          .filter(name -> name.startsWith("fence"))
          .sorted()
          .toList();
    }
  }

  private static long millisLeft() {
    return (Long) Objects.requireNonNull(command("PTTL", KEY));
  }

  private static Object command(String... command) {
    return servers.server().command(command);
  }
}
