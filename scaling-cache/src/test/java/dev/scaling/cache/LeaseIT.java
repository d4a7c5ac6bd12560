package dev.scaling.cache;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.scaling.cache.Instances.Pause;
import dev.scaling.testkit.RedisExtension;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** One load in the cluster, and nothing that was read before an invalidation stored after it. */
@Timeout(120)
final class LeaseIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.single();

  @RegisterExtension
  final Instances instances = new Instances(servers);

  @Test
  void valueLoadedBeforeAnInvalidation_isServedAndStoredNowhere() throws Exception {
    var one = instances.cache();
    var two = instances.cache();
    instances.source.put("a", "old");
    var pause = new Pause();
    instances.afterRead = pause;
    var reader = one.getAsync("a");
    pause.awaitReached();

    instances.source.put("a", "new");
    two.invalidate("a");
    pause.letGo();

    assertThat(reader).succeedsWithin(Duration.ofSeconds(30)).isEqualTo("old");
    assertThat(instances.exists("a")).isFalse();
    assertThat(one.snapshot().fillsRejected()).isEqualTo(1);
    assertThat(one.get("a")).isEqualTo("new");
    assertThat(two.get("a")).isEqualTo("new");
  }

  @Test
  void bulkLoadedBeforeAnInvalidation_isStoredButForTheKeyInQuestion() throws Exception {
    var one = instances.cache();
    var two = instances.cache();
    instances.source.put("a", "old");
    instances.source.put("b", "1");
    var pause = new Pause();
    instances.afterRead = key -> {
      if (key.equals("b")) {
        pause.loading(key);
      }
    };
    var reader = one.getAllAsync(List.of("a", "b"));
    pause.awaitReached();

    instances.source.put("a", "new");
    two.invalidate("a");
    pause.letGo();

    assertThat(reader).succeedsWithin(Duration.ofSeconds(30));
    assertThat(instances.kind("a")).isNull();
    assertThat(instances.kind("b")).isEqualTo("V");
    assertThat(one.get("a")).isEqualTo("new");
  }

  /** The value comes from Redis, so no lease protects the local tier: the epoch does. */
  @Test
  void valueReadBeforeAnInvalidation_isNotStoredInTheLocalTier() throws Exception {
    var pause = new Pause();
    var decoding = BadCodecs.of(text -> text.getBytes(UTF_8), bytes -> {
      try {
        pause.loading("");
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
      return new String(bytes, UTF_8);
    });
    var redis = instances.connected(servers.address());
    var other = instances.connected(servers.address());
    instances.source.put("a", "old");
    try (var one = TieredCache.builder("things", redis, KeyCodec.strings(), decoding)
            .build(instances.loader());
        var two = TieredCache.builder("things", other, KeyCodec.strings(), decoding)
            .build(instances.loader())) {
      await().until(() -> heard(one, two));
      two.get("a");
      var reader = one.getAsync("a");
      pause.awaitReached();

      long heard = one.snapshot().invalidationsReceived();
      instances.source.put("a", "new");
      two.invalidate("a");
      await().until(() -> one.snapshot().invalidationsReceived() > heard);
      pause.letGo();

      assertThat(reader).succeedsWithin(Duration.ofSeconds(30)).isEqualTo("old");
      assertThat(one.get("a")).isEqualTo("new");
    }
  }

  @Test
  void invalidationByTheSameInstance_isFollowedByNoOldRead() throws Exception {
    var cache = instances.cache();
    instances.source.put("a", "old");
    var pause = new Pause();
    instances.afterRead = pause;
    var early = cache.getAsync("a");
    pause.awaitReached();

    instances.source.put("a", "new");
    cache.invalidate("a");

    assertThat(cache.get("a")).as("does not join the flight from before").isEqualTo("new");
    pause.letGo();
    assertThat(early).succeedsWithin(Duration.ofSeconds(30)).isEqualTo("old");
    assertThat(cache.get("a")).isEqualTo("new");
  }

  /** Who had found the old content unreadable replaced the good one that came meanwhile. */
  @Test
  void unreadableValue_isReplacedOnlyAsLongAsItIsThere() throws Exception {
    var pause = new Pause();
    var codec = BadCodecs.of(text -> text.getBytes(UTF_8), bytes -> {
      String text = new String(bytes, UTF_8);
      if (text.equals("bad")) {
        try {
          pause.loading("");
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
        throw new IllegalStateException("unreadable");
      }
      return text;
    });
    var redis = instances.connected(servers.address());
    instances.source.put("a", "good");
    try (var one = TieredCache.builder("things", redis, KeyCodec.strings(), codec)
            .withoutLocal()
            .build(instances.loader());
        var two = TieredCache.builder("things", redis, KeyCodec.strings(), codec)
            .withoutLocal()
            .build(instances.loader())) {
      one.put("a", "bad");
      var slow = one.getAsync("a");
      pause.awaitReached();
      assertThat(two.get("a")).isEqualTo("good");

      pause.letGo();

      assertThat(slow).succeedsWithin(Duration.ofSeconds(30)).isEqualTo("good");
      assertThat(instances.loads).hasValue(1);
    }
  }

  private static boolean heard(TieredCache<String, String> one, TieredCache<String, String> two) {
    two.invalidate("heard?");
    return one.snapshot().invalidationsReceived() > 0 && two.snapshot().invalidationsReceived() > 0;
  }
}
