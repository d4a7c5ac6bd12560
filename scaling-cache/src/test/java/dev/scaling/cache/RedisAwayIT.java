package dev.scaling.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import dev.scaling.cache.Instances.Pause;
import dev.scaling.cache.TieredCacheBuilder.WhenRedisFails;
import dev.scaling.testkit.FaultProxy;
import dev.scaling.testkit.FaultProxy.Mode;
import dev.scaling.testkit.RedisExtension;
import dev.scaling.testkit.RedisServer;
import dev.scaling.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Redis dead, hung, restarted, or behind a network that fails. */
@Timeout(120)
final class RedisAwayIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.single();

  @RegisterExtension
  final Instances instances = new Instances(servers);

  enum Fault {
    KILLED,
    HUNG;

    void begin(RedisServer server) {
      if (this == KILLED) {
        server.kill();
      } else {
        server.pause();
      }
    }

    void end(RedisServer server) {
      if (this == KILLED) {
        server.restart();
      } else {
        server.resume();
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void readsGoOn_oneLoadAtATime_andInvalidationsSaySo(Fault fault) throws Exception {
    var cache = instances.cache(RedisAwayIT::impatient);
    instances.source.putAll(Map.of("a", "old", "b", "2"));
    cache.get("a");
    fault.begin(servers.server());

    assertThat(cache.get("a")).as("the local tier serves").isEqualTo("old");
    assertThat(cache.get("b")).isEqualTo("2");
    assertThat(cache.getAll(List.of("a", "b", "c"))).isEqualTo(Map.of("a", "old", "b", "2"));
    instances.source.put("a", "new");
    assertRefused(() -> cache.invalidate("a"));
    assertThat(cache.get("a")).as("this instance dropped its copy").isEqualTo("new");
    assertRefused(() -> cache.put("b", "3"));
    assertRefused(() -> cache.update("b", () -> instances.source.put("b", "3")));
    assertThat(instances.source).containsEntry("b", "2");
    assertCollapses(cache, "d");

    fault.end(servers.server());

    await("works again").ignoreExceptions().untilAsserted(() -> {
      cache.invalidate("a");
      assertThat(cache.get("a")).isEqualTo("new");
      assertThat(instances.kind("a")).isEqualTo("V");
    });
    assertThat(cache.get("b")).isEqualTo("2");
    assertThat(cache.toString()).doesNotContain("away");
  }

  /** The cache's clock stands still but where the test moves it. */
  @Test
  void afterThreeFailures_readsPassRedisBy_andOneInAHundredMillisTriesIt() {
    var time = new VirtualTime();
    var cache = instances.cache(b -> b.time(time).redisTimeout(Duration.ofMillis(250)));
    servers.server().pause();
    for (int i = 0; i < 3; i++) {
      cache.get("k" + i);
    }
    assertThat(cache.toString()).contains("Redis away");

    for (int i = 0; i < 20; i++) {
      cache.get("other" + i);
    }

    assertThat(cache.snapshot().redisSkipped()).isEqualTo(20);
    assertThat(cache.snapshot().redisFailures()).isEqualTo(3);
    time.advance(Duration.ofMillis(100));
    cache.get("probe2");
    cache.get("behind it");
    assertThat(cache.snapshot().redisSkipped()).isEqualTo(21);
    assertThat(cache.snapshot().redisFailures()).isEqualTo(4);
  }

  @ParameterizedTest
  @EnumSource(
      value = Mode.class,
      names = {"BLACK_HOLE", "DROP_REQUESTS", "DROP_REPLIES", "REFUSE"})
  void failingNetwork_isNoErrorToReaders(Mode mode) {
    try (var proxy = FaultProxy.to(servers.server())) {
      var near = instances.cache();
      var far = instances.cache(instances.connected(proxy.address()), RedisAwayIT::impatient);
      instances.source.put("a", "old");
      far.get("a");
      proxy.mode(mode);
      if (mode == Mode.REFUSE) {
        proxy.cutConnections();
      }

      assertThat(far.get("b")).isNull();
      assertThat(far.get("a")).isEqualTo("old");
      instances.source.put("a", "new");
      assertRefused(() -> far.invalidate("a"));
      assertThat(far.get("a")).isEqualTo("new");
      near.invalidate("a");
      proxy.mode(Mode.PASS);
      proxy.cutConnections();

      await("works again").ignoreExceptions().untilAsserted(() -> {
        far.invalidate("b");
        assertThat(far.get("a")).isEqualTo("new");
        assertThat(near.get("a")).isEqualTo("new");
      });
    }
  }

  @Test
  void resetAfterAWrite_leavesNothingStale() {
    try (var proxy = FaultProxy.to(servers.server())) {
      var near = instances.cache();
      var far = instances.cache(instances.connected(proxy.address()), RedisAwayIT::impatient);
      instances.source.put("a", "old");
      near.get("a");
      far.get("a");
      instances.source.put("a", "new");
      proxy.mode(Mode.RESET_AFTER_WRITE);

      assertRefused(() -> far.invalidate("a")); // it ran, which the caller cannot know

      assertThat(far.get("a")).isEqualTo("new");
      await().untilAsserted(() -> assertThat(near.get("a")).isEqualTo("new"));
    }
  }

  @Test
  void lostSubscription_dropsTheLocalTierWhenItStandsAgain() {
    var cache = instances.cache();
    instances.source.put("a", "old");
    cache.get("a");
    servers.server().command("DEL", Instances.cell("a")); // as an invalidation that was not heard
    instances.source.put("a", "new");

    servers.server().command("CLIENT", "KILL", "TYPE", "pubsub");

    await().untilAsserted(() -> assertThat(cache.get("a")).isEqualTo("new"));
    await("the local tier is open").until(() -> {
      long hits = cache.snapshot().localHits();
      cache.get("a");
      return cache.snapshot().localHits() > hits;
    });
  }

  @Test
  void redisLostDuringAWrite_isSaid_withNothingOldBehindTheFence() {
    var cache = instances.cache(b -> b.fence(Duration.ofSeconds(1)));
    instances.source.put("a", "old");

    assertUnconfirmed(cache, () -> {
      servers.server().pause();
      return instances.source.put("a", "new");
    });
    servers.server().resume();

    assertThat(cache.get("a")).isEqualTo("new");
    await().untilAsserted(() -> {
      assertThat(cache.get("a")).isEqualTo("new");
      assertThat(instances.kind("a")).isEqualTo("V");
    });
  }

  /**
   * The fence is gone, and the end of the update does not arrive: the old value that came is told.
   */
  @Test
  void fenceLostAndEndUndelivered_isSaid_sinceTheOldValueStays() {
    try (var proxy = FaultProxy.to(servers.server())) {
      var near = instances.cache();
      var far = instances.cache(instances.connected(proxy.address()), RedisAwayIT::impatient);
      instances.source.put("a", "old");

      assertUnconfirmed(far, () -> {
        proxy.mode(Mode.DROP_REQUESTS);
        servers.server().command("FLUSHALL");
        near.get("a");
        return instances.source.put("a", "new");
      });

      assertThat(near.get("a")).isEqualTo("old");
      near.invalidate("a");
      assertThat(near.get("a")).isEqualTo("new");
    }
  }

  @Test
  void redisLostBeforeAndAfterAnUnfencedWrite_isSaid_withTheWriteDone() {
    var cache = instances.cache(b -> b.whenRedisFails(WhenRedisFails.WRITE_UNFENCED));
    servers.server().kill();

    assertThatExceptionOfType(InvalidationFailedException.class)
        .isThrownBy(() -> cache.update("a", () -> instances.source.put("a", "new")))
        .matches(InvalidationFailedException::isSourceWritten)
        .withMessageContaining("an old value may be served for up to PT11M");

    assertThat(instances.source).containsEntry("a", "new");
  }

  @Test
  void redisLostBeforeAnUnfencedWriteAlone_isInvalidatedAfterIt() {
    var cache = instances.cache(b -> b.whenRedisFails(WhenRedisFails.WRITE_UNFENCED));
    servers.server().pause();

    var written = cache.update("a", () -> {
      servers.server().resume();
      return instances.source.put("a", "new");
    });

    assertThat(written.fenced()).isFalse();
    assertThat(cache.get("a")).isEqualTo("new");
    await().untilAsserted(() -> assertThat(instances.kind("a")).isNotEqualTo("F"));
  }

  private void assertCollapses(TieredCache<String, String> cache, String key) throws Exception {
    var pause = new Pause();
    instances.hook = pause;
    int loads = instances.loads.get();
    var first = cache.getAsync(key);
    pause.awaitReached();
    List<CompletableFuture<String>> others = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      others.add(cache.getAsync(key));
    }
    pause.letGo();
    CompletableFuture.allOf(others.toArray(CompletableFuture<?>[]::new)).get();
    first.get();
    assertThat(instances.loads).hasValue(loads + 1);
  }

  private static void assertUnconfirmed(
      TieredCache<String, String> cache, SourceWrite<String, RuntimeException> write) {
    assertThatExceptionOfType(InvalidationFailedException.class)
        .isThrownBy(() -> cache.update("a", write))
        .withMessageContaining("the write has run, its invalidation was not confirmed")
        .withMessageContaining("an old value may be served for up to PT11M")
        .matches(InvalidationFailedException::isSourceWritten);
  }

  private static void assertRefused(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    assertThatExceptionOfType(InvalidationFailedException.class)
        .isThrownBy(call)
        .withMessageStartingWith("things: ")
        .matches(e -> !e.isSourceWritten());
  }

  private static void impatient(TieredCacheBuilder<String, String> builder) {
    builder.redisTimeout(Duration.ofMillis(250));
  }
}
