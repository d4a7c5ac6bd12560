package dev.scaling.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.testkit.CommandCounter;
import dev.scaling.testkit.RedisExtension;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What each call costs in commands that travel to Redis. */
@Timeout(120)
final class RoundTripsIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.single();

  @RegisterExtension
  final Instances instances = new Instances(servers);

  private TieredCache<String, String> one;
  private TieredCache<String, String> two;

  @BeforeEach
  void warmUp() {
    one = instances.cache();
    two = instances.cache();
    one.get("warm");
    one.put("warm", "1");
    one.update("warm", () -> 1);
    one.invalidate("warm");
  }

  @Test
  void localHit_isFree() {
    one.get("a");

    assertThat(sent(() -> one.get("a"))).isEmpty();
  }

  @Test
  void remoteHit_isOneGet() {
    one.get("a");

    assertThat(sent(() -> two.get("a"))).isEqualTo(Map.of("get", 1L));
  }

  @Test
  void miss_isAGetAndTwoScripts() {
    assertThat(sent(() -> one.get("a"))).isEqualTo(Map.of("get", 1L, "evalsha", 2L));
  }

  @Test
  void manyMisses_areAnMgetAndTwoScripts() {
    var keys = IntStream.range(0, 100).mapToObj(i -> "k" + i).toList();

    assertThat(sent(() -> one.getAll(keys))).isEqualTo(Map.of("mget", 1L, "evalsha", 2L));
    assertThat(sent(() -> two.getAll(keys))).isEqualTo(Map.of("mget", 1L));
    assertThat(sent(() -> two.getAll(keys))).isEmpty();
    assertThat(instances.loads).hasValue(2); // one of them to warm up
  }

  @Test
  void readOfAFencedKey_isAGetAndAScript() {
    Map<String, Long> seen = one.update("a", () -> sent(() -> two.get("a"))).result();

    assertThat(seen).isEqualTo(Map.of("get", 1L, "evalsha", 1L));
  }

  @Test
  void invalidation_isOneScript() {
    assertThat(sent(() -> one.invalidate("a"))).isEqualTo(Map.of("evalsha", 1L));
    assertThat(sent(() -> one.invalidateAll(List.of("a", "b", "c", "a"))))
        .isEqualTo(Map.of("evalsha", 1L));
  }

  @Test
  void manyInvalidations_areOneScriptForEach256() {
    var keys = IntStream.range(0, 257).mapToObj(i -> "k" + i).toList();

    assertThat(sent(() -> one.invalidateAll(keys))).isEqualTo(Map.of("evalsha", 2L));
  }

  @Test
  void updateAndPut_areTwoScripts() {
    assertThat(sent(() -> one.update("a", () -> 1))).isEqualTo(Map.of("evalsha", 2L));
    assertThat(sent(() -> one.put("a", "1"))).isEqualTo(Map.of("evalsha", 2L));
  }

  private static Map<String, Long> sent(Runnable call) {
    try (var counter = CommandCounter.sentTo(servers.server())) {
      call.run();
      var counts = new TreeMap<>(counter.counts());
      counts.remove("ping"); // the clients' own
      return counts;
    }
  }
}
