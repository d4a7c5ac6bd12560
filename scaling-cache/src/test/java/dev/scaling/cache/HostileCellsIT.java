package dev.scaling.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.scaling.testkit.RedisExtension;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What others write into our cells costs a load at most, and is replaced. */
@Timeout(120)
final class HostileCellsIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.single();

  @RegisterExtension
  final Instances instances = new Instances(servers);

  @ParameterizedTest
  @ValueSource(
      strings = {
        "hello",
        "S",
        "SC1",
        "SC1V",
        "SC1Vxxxxxxxxxxxxxxxxxx",
        "SC1X",
        "SC1L",
        "SC1L0tooshort",
        "SC1L0xxxxxxxxxxxxxxxx",
        "SC1F",
        "SC1Fodd",
        "SC9Vnewer format"
      })
  void garbage_isAMissAndHealed(String garbage) {
    assertHealed(garbage);
  }

  /** They have no time to live, and readers left them alone: the key was never cached again. */
  @ParameterizedTest
  @ValueSource(strings = {"        ", "zzzzzzzz", "\u007fAAAAAAA"})
  void fenceThatEndedLongAgoOrNever_isAMissAndHealed(String ends) {
    assertHealed("SC1F" + "x".repeat(16) + ends);
  }

  /** To read so many would hold up the server, for longer than others wait for it. */
  @Test
  void cellOfMoreFencesThanAnyWriterWrote_isAMissAndHealed() {
    var cache = instances.cache();
    instances.source.put("a", "1");
    fence("a", 1_001);
    fence("b", 1_001);

    assertThat(cache.get("a")).isEqualTo("1");
    cache.invalidate("b");

    assertThat(instances.kind("a")).isEqualTo("V");
    assertThat(instances.exists("b")).isFalse();
  }

  @Test
  void writerWhoFindsNoRoomForItsFence_isRefused_andTheOthersStayFenced() {
    var cache = instances.cache();
    fence("a", 999);

    assertThat(cache.update("a", () -> 1).fenced()).isTrue();
    fence("a", 1_000);
    assertThatExceptionOfType(InvalidationFailedException.class)
        .isThrownBy(() -> cache.update("a", () -> instances.source.put("a", "written")))
        .withMessage("things: update refused before its write: too many others are inside")
        .matches(e -> !e.isSourceWritten());

    assertThat(instances.source).isEmpty();
    assertThat(cache.get("a")).isNull();
    assertThat(instances.kind("a")).isEqualTo("F");
  }

  private void assertHealed(String content) {
    var cache = instances.cache();
    instances.source.put("a", "1");
    servers.server().command("SET", Instances.cell("a"), content);

    assertThat(cache.getAsync("a")).succeedsWithin(Duration.ofSeconds(30)).isEqualTo("1");

    assertThat(instances.kind("a")).isEqualTo("V");
    assertThat(instances.pttl("a")).isPositive();
  }

  /** Writes fences that end in ten minutes. */
  private static void fence(String key, int writers) {
    servers.server().command("EVAL", """
            local ends = struct.pack('>d', (redis.call('TIME')[1] + 600) * 1000)
            local cell = 'SC1F' .. string.rep(string.rep('x', 16) .. ends, tonumber(ARGV[1]))
            return redis.call('SET', KEYS[1], cell, 'PX', 600000)
            """, "1", Instances.cell(key), String.valueOf(writers));
  }
}
