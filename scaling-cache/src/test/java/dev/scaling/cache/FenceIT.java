package dev.scaling.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import dev.scaling.cache.Instances.Pause;
import dev.scaling.testkit.RedisExtension;
import dev.scaling.testkit.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Updates: while a writer is inside nothing is stored, and whatever becomes of it nothing stays.
 */
@Timeout(120)
final class FenceIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.single();

  @RegisterExtension
  final Instances instances = new Instances(servers);

  private final ExecutorService writers = Executors.newCachedThreadPool();

  @AfterEach
  void end() {
    writers.shutdownNow();
  }

  @Test
  void readersDuringAnUpdate_loadAndStoreNothing() throws Exception {
    var one = instances.cache();
    var two = instances.cache();
    instances.source.put("a", "old");
    two.get("a");
    var inside = new Pause();
    var update = update(one, inside, "new");
    inside.awaitReached();
    await().until(() -> "old".equals(two.get("a")) && instances.loads.get() > 1);

    int loads = instances.loads.get();
    assertThat(two.get("a")).isEqualTo("old");
    assertThat(one.get("a")).isEqualTo("old");
    assertThat(two.getAll(List.of("a"))).isEqualTo(Map.of("a", "old"));

    assertThat(instances.loads).hasValue(loads + 3);
    assertThat(instances.kind("a")).isEqualTo("F");
    inside.letGo();
    assertThat(update.get().fenced()).isTrue();
    assertThat(one.get("a")).isEqualTo("new");
    await().untilAsserted(() -> assertThat(two.get("a")).isEqualTo("new"));
  }

  @Test
  void twoWriters_liftTheirOwnFencesOnly() throws Exception {
    var one = instances.cache();
    var two = instances.cache();
    instances.source.put("a", "old");
    var first = new Pause();
    var second = new Pause();
    var firstUpdate = update(one, first, "1");
    first.awaitReached();
    var secondUpdate = update(two, second, "2");
    second.awaitReached();

    first.letGo();

    assertThat(firstUpdate.get().fenced()).isTrue();
    assertThat(instances.kind("a")).isEqualTo("F");
    one.invalidate("a");
    assertThat(instances.kind("a")).isEqualTo("F");
    one.put("a", "put");
    assertThat(instances.kind("a")).isEqualTo("F");
    assertThat(one.get("a")).isEqualTo("1");
    second.letGo();
    assertThat(secondUpdate.get().fenced()).isTrue();
    assertThat(instances.kind("a")).isNull();
    assertThat(two.get("a")).isEqualTo("2");
  }

  /** Time stands still for the writer, so that it renews nothing: as if its process had died. */
  @Test
  void writerThatDiesInside_leavesNothingStale() throws Exception {
    var writer = instances.cache(b -> b.fence(Duration.ofMillis(400)).time(new VirtualTime()));
    var reader = instances.cache();
    instances.source.put("a", "old");
    reader.get("a");
    var never = new Pause();
    writers.submit(() -> writer.update("a", () -> {
      instances.source.put("a", "new");
      never.loading("a");
      return 1;
    }));
    never.awaitReached();

    await().untilAsserted(() -> assertThat(reader.get("a")).isEqualTo("new"));
    await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
      assertThat(reader.get("a")).isEqualTo("new");
      assertThat(instances.kind("a")).isEqualTo("V");
    });
  }

  /** The control of the one above: without a fence the old value stays. */
  @Test
  void writerThatDiesWithoutAFence_leavesTheOldValue() throws Exception {
    var unfenced = BrokenRedis.NO_FENCE.around(instances.connected(servers.address()));
    var writer = instances.cache(unfenced, b -> b.time(new VirtualTime()));
    var reader = instances.cache();
    instances.source.put("a", "old");
    reader.get("a");
    var never = new Pause();
    writers.submit(() -> writer.update("a", () -> {
      instances.source.put("a", "new");
      never.loading("a");
      return 1;
    }));
    never.awaitReached();

    await().during(Duration.ofMillis(500)).until(() -> "old".equals(reader.get("a")));
  }

  @Test
  void writeLongerThanItsFence_staysFenced() throws Exception {
    var cache = instances.cache(b -> b.fence(Duration.ofSeconds(1)));
    var inside = new Pause();
    var update = update(cache, inside, "new");
    inside.awaitReached();

    await()
        .during(Duration.ofMillis(2_500))
        .atMost(Duration.ofSeconds(30))
        .until(() -> "F".equals(instances.kind("a")));
    inside.letGo();

    assertThat(update.get().fenced()).isTrue();
  }

  @Test
  void processPausedForLongerThanItsFence_saysSo_andDropsWhatWasStoredMeanwhile() throws Exception {
    var paused = instances.cache(b -> b.fence(Duration.ofMillis(100)).time(new VirtualTime()));
    var reader = instances.cache();
    instances.source.put("a", "old");
    var inside = new Pause();
    var update = update(paused, inside, "new");
    inside.awaitReached();
    await().until(() -> "old".equals(reader.get("a")) && "V".equals(instances.kind("a")));

    inside.letGo();

    assertThat(update.get().fenced()).isFalse();
    assertThat(paused.snapshot().fencesLost()).isEqualTo(1);
    await().untilAsserted(() -> assertThat(reader.get("a")).isEqualTo("new"));
  }

  @Test
  void flushDuringAWrite_isNoticed_andLeavesNothingStale() throws Exception {
    var writer = instances.cache();
    var reader = instances.cache();
    instances.source.put("a", "old");
    var inside = new Pause();
    var update = update(writer, inside, "new");
    inside.awaitReached();
    servers.server().command("FLUSHALL");
    assertThat(reader.get("a")).isEqualTo("old");

    inside.letGo();

    assertThat(update.get().fenced()).isFalse();
    await().untilAsserted(() -> assertThat(reader.get("a")).isEqualTo("new"));
  }

  @Test
  void writeThatThrows_isThrownAsItWas_andLiftsTheFence() {
    var cache = instances.cache();
    instances.source.put("a", "1");
    cache.get("a");

    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> cache.update("a", () -> {
          throw new IOException("disk full");
        }));

    assertThat(instances.kind("a")).isNull();
    assertThat(cache.get("a")).isEqualTo("1");
    assertThat(instances.loads).hasValue(2);
  }

  @Test
  void asynchronousWrite_isFencedUntilItsStageEnds() {
    var cache = instances.cache();
    var write = new CompletableFuture<String>();
    var update = cache.updateAsync("a", () -> write);
    await().until(() -> "F".equals(instances.kind("a")));

    write.complete("done");

    assertThat(update)
        .succeedsWithin(Duration.ofSeconds(30))
        .isEqualTo(new Written<>("done", true));
    assertThat(instances.kind("a")).isNull();
  }

  @Test
  void asynchronousWriteThatFails_liftsTheFence() {
    var cache = instances.cache();

    var failed =
        cache.updateAsync("a", () -> CompletableFuture.failedFuture(new IOException("no")));
    var thrown = cache.<String>updateAsync("b", () -> {
      throw new IllegalStateException("no");
    });
    var nothing = cache.<String>updateAsync("c", () -> BadCodecs.none("no stage"));

    assertThat(failed)
        .failsWithin(Duration.ofSeconds(30))
        .withThrowableThat()
        .withCauseInstanceOf(IOException.class);
    assertThat(thrown)
        .failsWithin(Duration.ofSeconds(30))
        .withThrowableThat()
        .withCauseInstanceOf(IllegalStateException.class);
    assertThat(nothing)
        .failsWithin(Duration.ofSeconds(30))
        .withThrowableThat()
        .withCauseInstanceOf(NullPointerException.class);
    assertThat(instances.cells()).isEmpty();
  }

  @Test
  void interruptWhileTheFenceIsAwaited_leavesNoFenceAndNoTimer() throws Exception {
    var time = new VirtualTime();
    var cache = instances.cache(b -> b.time(time).redisTimeout(Duration.ofSeconds(5)));
    int pending = time.pending();
    servers.server().pause();
    var writer = new Thread(() -> {
      assertThatExceptionOfType(CancellationException.class)
          .isThrownBy(() -> cache.update("a", () -> instances.source.put("a", "written")));
      instances.source.put("flag", String.valueOf(Thread.currentThread().isInterrupted()));
    });
    writer.start();
    await().until(() -> writer.getState() == Thread.State.WAITING);
    writer.interrupt();
    writer.join();

    servers.server().resume();

    assertThat(instances.source).doesNotContainKey("a").containsEntry("flag", "true");
    await().untilAsserted(() -> {
      assertThat(instances.exists("a")).isFalse();
      assertThat(time.pending()).isEqualTo(pending);
    });
    await().during(Duration.ofMillis(200)).until(() -> !instances.exists("a"));
  }

  @Test
  void interruptDuringTheWrite_stillLiftsTheFence() throws Exception {
    var cache = instances.cache();
    var inside = new Pause();
    var update = update(cache, inside, "new");
    inside.awaitReached();

    update.cancel(true);
    writers.shutdown();

    assertThat(writers.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
    assertThat(instances.kind("a")).isNull();
  }

  private Future<Written<String>> update(
      TieredCache<String, String> cache, Pause inside, String value) {
    return writers.submit(() -> cache.update("a", () -> {
      inside.loading("a");
      instances.source.put("a", value);
      return value;
    }));
  }
}
