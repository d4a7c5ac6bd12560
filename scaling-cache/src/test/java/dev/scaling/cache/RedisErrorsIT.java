package dev.scaling.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.scaling.core.redis.RedisCallException;
import dev.scaling.testkit.RedisExtension;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A Redis that answers with errors: reads are served, and invalidations say what it said. */
@Timeout(120)
final class RedisErrorsIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.single();

  @RegisterExtension
  final Instances instances = new Instances(servers);

  @Test
  void keyOfAWrongType_isLoaded_andDroppedByAnInvalidation() {
    var cache = instances.cache();
    instances.source.put("a", "1");
    servers.server().command("LPUSH", Instances.cell("a"), "x");

    assertThat(cache.get("a")).isEqualTo("1");
    assertThat(cache.getAll(List.of("a", "b"))).isEqualTo(Map.of("a", "1"));
    cache.invalidate("a");

    assertThat(cache.get("a")).isEqualTo("1");
    assertThat(instances.kind("a")).isEqualTo("V");
  }

  @Test
  void keyOfAWrongType_isReplacedByAnUpdateAndAPut() {
    var cache = instances.cache();
    servers.server().command("LPUSH", Instances.cell("a"), "x");
    servers.server().command("LPUSH", Instances.cell("b"), "x");

    assertThat(cache.update("a", () -> 1).fenced()).isTrue();
    cache.put("b", "2");

    assertThat(instances.exists("a")).isFalse();
    assertThat(instances.kind("b")).isEqualTo("V");
  }

  /** An error came wrapped, and was taken for silence: three of them shut everybody out. */
  @Test
  void keyOfAWrongType_keepsNoOtherKeyFromRedis() {
    var cache = instances.cache();
    instances.source.put("a", "1");
    servers.server().command("LPUSH", Instances.cell("a"), "x");

    for (int i = 0; i < 10; i++) {
      assertThat(cache.get("a")).isEqualTo("1");
    }

    assertThat(cache.snapshot().redisSkipped()).isZero();
    assertThat(cache.toString()).doesNotContain("away");
    cache.get("b");
    assertThat(instances.kind("b")).isEqualTo("N");
  }

  @Test
  void replica_servesReads_andRefusesWrites() {
    answers("READONLY", List.of("REPLICAOF", "127.0.0.1", "1"), List.of("REPLICAOF", "NO", "ONE"));
  }

  @Test
  void lackOfPermission_servesReads_andRefusesWrites() {
    answers(
        "NOPERM",
        List.of("ACL", "SETUSER", "default", "-@all", "+acl"),
        List.of("ACL", "SETUSER", "default", "+@all"));
  }

  @Test
  void lackOfMemory_servesReads_andRefusesFencesAndPuts() {
    var cache = instances.cache();
    instances.source.put("a", "1");
    servers.server().command("CONFIG", "SET", "maxmemory", "1");
    try {
      assertThat(cache.get("a")).isEqualTo("1");
      assertThat(cache.get("a")).isEqualTo("1");
      assertRefused("OOM", () -> cache.put("a", "2"));
      assertRefused("OOM", () -> cache.update("a", () -> instances.source.put("a", "2")));
      cache.invalidate("a"); // needs no memory
    } finally {
      servers.server().command("CONFIG", "SET", "maxmemory", "0");
    }

    assertThat(instances.source).containsEntry("a", "1");
    assertThat(cache.get("a")).isEqualTo("1");
    assertThat(instances.kind("a")).isEqualTo("V");
  }

  private void answers(String word, List<String> begin, List<String> end) {
    var cache = instances.cache();
    instances.source.put("a", "1");
    servers.server().command(begin.toArray(String[]::new));
    try {
      assertThat(cache.get("a")).isEqualTo("1");
      assertThat(cache.getAll(List.of("a", "b"))).isEqualTo(Map.of("a", "1"));
      assertRefused(word, () -> cache.invalidate("a"));
      assertRefused(word, () -> cache.invalidateAll(List.of("a", "b")));
      assertRefused(word, () -> cache.put("a", "2"));
      assertRefused(word, () -> cache.update("a", () -> instances.source.put("a", "2")));
      assertThat(cache.snapshot().redisSkipped()).isZero();
    } finally {
      servers.server().command(end.toArray(String[]::new));
    }

    assertThat(instances.source).containsEntry("a", "1");
    cache.invalidate("a");
    assertThat(cache.get("a")).isEqualTo("1");
    assertThat(instances.kind("a")).isEqualTo("V");
  }

  private static void assertRefused(String word, ThrowingCallable call) {
    assertThatExceptionOfType(InvalidationFailedException.class)
        .isThrownBy(call)
        .withMessageStartingWith("things: ")
        .withMessageContaining(word)
        .withMessageNotContaining(RedisCallException.class.getName())
        .withCauseInstanceOf(RedisCallException.class)
        .matches(e -> !e.isSourceWritten());
  }
}
