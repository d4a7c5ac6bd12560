package dev.scaling.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import dev.scaling.core.redis.RedisCallException;
import dev.scaling.testkit.FaultProxy;
import dev.scaling.testkit.RedisExtension;
import dev.scaling.testkit.RedisServer;
import java.net.URI;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A Redis that is there and serves nobody yet: it loads its data, or does not know us. */
@Timeout(120)
final class RedisNotReadyIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.masters(2);

  @RegisterExtension
  final Instances instances = new Instances(servers);

  /** A replica that loads a large copy of its primary, slowly, answers LOADING meanwhile. */
  @Test
  void loadingItsData_servesReads_andRefusesWrites() {
    var cache = instances.cache();
    RedisServer primary = servers.servers().get(1);
    primary.command("EVAL", "for i = 1, 20000 do redis.call('SET', i, i) end", "0");
    servers.server().command("CONFIG", "SET", "key-load-delay", "1000");
    servers.server().command("CONFIG", "SET", "loading-process-events-interval-bytes", "1024");
    var address = URI.create(primary.address());
    servers.server().command("REPLICAOF", address.getHost(), String.valueOf(address.getPort()));
    await()
        .until(
            () -> servers.server().command("INFO", "persistence").toString().contains("loading:1"));

    assertServesReadsAndRefuses(cache, "LOADING");

    servers.server().restart();
    assertWorksAgain(cache);
  }

  @Test
  void passwordChanged_servesReads_andRefusesWrites() {
    try (var proxy = FaultProxy.to(servers.server())) {
      var cache = instances.cache(instances.connected(proxy.address()), settings -> {});
      servers.server().command("CONFIG", "SET", "requirepass", "secret");
      proxy.cutConnections();

      assertServesReadsAndRefuses(cache, "NOAUTH");

      servers.server().restart();
      assertWorksAgain(cache);
    }
  }

  private void assertServesReadsAndRefuses(TieredCache<String, String> cache, String word) {
    instances.source.put("a", "1");
    assertThat(cache.get("a")).isEqualTo("1");
    assertThat(cache.getAll(List.of("a", "b"))).isEqualTo(Map.of("a", "1"));
    assertRefused(word, () -> cache.invalidate("a"));
    assertRefused(word, () -> cache.put("a", "2"));
    assertRefused(word, () -> cache.update("a", () -> instances.source.put("a", "2")));
    assertThat(instances.source).containsEntry("a", "1");
  }

  private void assertWorksAgain(TieredCache<String, String> cache) {
    await().ignoreExceptions().untilAsserted(() -> {
      cache.invalidate("a");
      assertThat(cache.get("a")).isEqualTo("1");
      assertThat(instances.kind("a")).isEqualTo("V");
    });
  }

  private static void assertRefused(String word, ThrowingCallable call) {
    assertThatExceptionOfType(InvalidationFailedException.class)
        .isThrownBy(call)
        .withMessageStartingWith("things: ")
        .withMessageContaining(word)
        .withCauseInstanceOf(RedisCallException.class)
        .matches(e -> !e.isSourceWritten());
  }
}
