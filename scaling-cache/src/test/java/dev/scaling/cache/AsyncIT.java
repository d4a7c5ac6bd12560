package dev.scaling.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.scaling.cache.Instances.Pause;
import dev.scaling.testkit.RedisExtension;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Calls that do not block: where they complete, and whom they leave alone. */
@Timeout(120)
final class AsyncIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.single();

  @RegisterExtension
  final Instances instances = new Instances(servers);

  private final ThreadPoolExecutor executor = new ThreadPoolExecutor(
      4, 4, 1, TimeUnit.MINUTES, new ArrayBlockingQueue<>(1_000), work -> new Thread(work, "ours"));

  @AfterEach
  void end() {
    executor.shutdownNow();
  }

  @Test
  void everyFuture_completesOnTheExecutor() {
    var cache = instances.cache(b -> b.executor(executor).withoutLocal());
    instances.source.put("a", "1");

    assertOurs(cache.getAsync("a"));
    assertOurs(cache.getAsync("a"));
    assertOurs(cache.getAllAsync(List.of("a", "b")));
    assertOurs(cache.putAsync("a", "2"));
    assertOurs(cache.invalidateAsync("a"));
    assertOurs(cache.invalidateAllAsync(List.of("a", "b")));
    assertOurs(cache.updateAsync("a", () -> CompletableFuture.completedFuture("x")));
    instances.hook = key -> {
      throw new IllegalStateException("no");
    };
    assertOurs(cache.getAsync("c"));
    servers.server().kill();
    assertOurs(cache.invalidateAsync("a"));
    assertOurs(cache.getAsync("d"));
  }

  @Test
  void loaderAndWrite_runOnTheExecutor() {
    var cache = instances.cache(b -> b.executor(executor));
    instances.hook = key -> assertThat(Thread.currentThread().getName()).isEqualTo("ours");

    assertThat(cache.get("a")).isNull();
    assertThat(cache.updateAsync(
            "a", () -> CompletableFuture.completedFuture(Thread.currentThread().getName())))
        .succeedsWithin(Duration.ofSeconds(30))
        .isEqualTo(new Written<>("ours", true));
  }

  @Test
  void failedWrite_carriesTheFailureOfItsInvalidation() {
    var cache = instances.cache();
    var failure = new IllegalStateException("no");

    assertThat(cache.updateAsync("a", () -> {
          servers.server().kill();
          return CompletableFuture.failedFuture(failure);
        }))
        .failsWithin(Duration.ofSeconds(30))
        .withThrowableOfType(ExecutionException.class)
        .havingCause()
        .isSameAs(failure);
    assertThat(failure.getSuppressed())
        .singleElement()
        .isInstanceOf(InvalidationFailedException.class)
        .asString()
        .contains("the write has run, its invalidation was not confirmed");
  }

  @Test
  void writeThatReturnsNoStage_isNamed() {
    var cache = instances.cache();

    assertThat(cache.updateAsync("a", () -> null))
        .failsWithin(Duration.ofSeconds(30))
        .withThrowableOfType(ExecutionException.class)
        .havingCause()
        .isInstanceOf(NullPointerException.class)
        .withMessage("things: write returned null instead of a stage");
    assertThat(instances.exists("a")).isFalse();
  }

  @Test
  void cancelledCaller_leavesTheOthers() throws Exception {
    var cache = instances.cache();
    instances.source.put("a", "1");
    var pause = new Pause();
    instances.hook = pause;
    var leader = cache.getAsync("a");
    pause.awaitReached();
    var follower = cache.getAsync("a");
    var bulk = cache.getAllAsync(List.of("a"));

    leader.cancel(true);
    pause.letGo();

    assertThat(follower).succeedsWithin(Duration.ofSeconds(30)).isEqualTo("1");
    assertThat(bulk).succeedsWithin(Duration.ofSeconds(30)).isEqualTo(Map.of("a", "1"));
    assertThat(instances.loads).hasValue(1);
    assertThat(instances.kind("a")).isEqualTo("V");
  }

  @Test
  void interruptedLeader_leavesTheFollowers() throws Exception {
    var cache = instances.cache();
    instances.source.put("a", "1");
    var pause = new Pause();
    instances.hook = pause;
    var leader = new Thread(() -> cache.get("a"));
    leader.setUncaughtExceptionHandler((thread, failure) -> {});
    leader.start();
    pause.awaitReached();
    var follower = cache.getAsync("a");

    leader.interrupt();
    leader.join();
    pause.letGo();

    assertThat(follower).succeedsWithin(Duration.ofSeconds(30)).isEqualTo("1");
    assertThat(instances.kind("a")).isEqualTo("V");
  }

  @Test
  void manyKeys_joinWhatIsThereAndWhatIsUnderWay() throws Exception {
    var cache = instances.cache();
    instances.source.putAll(Map.of("local", "1", "flying", "2", "missing", "3"));
    cache.get("local");
    var pause = new Pause();
    instances.hook = key -> {
      if (key.equals("flying")) {
        pause.loading(key);
      }
    };
    var flying = cache.getAsync("flying");
    pause.awaitReached();

    var all = cache.getAllAsync(List.of("missing", "local", "flying", "none", "missing"));
    await().until(() -> "V".equals(instances.kind("missing")));
    assertThat(all).isNotDone();
    pause.letGo();

    assertThat(all)
        .succeedsWithin(Duration.ofSeconds(30))
        .satisfies(found -> assertThat(found)
            .containsExactly(
                Map.entry("missing", "3"), Map.entry("local", "1"), Map.entry("flying", "2")));
    assertThat(flying).succeedsWithin(Duration.ofSeconds(30));
    assertThat(instances.loads).hasValue(3);
    assertThat(cache.getAllAsync(List.of()))
        .succeedsWithin(Duration.ofSeconds(30))
        .isEqualTo(Map.of());
  }

  @Test
  void failureOfOneFlight_failsTheBatchAfterTheOthersLanded() throws Exception {
    var cache = instances.cache();
    instances.source.put("b", "2");
    var pause = new Pause();
    instances.hook = key -> {
      if (key.equals("bad")) {
        pause.loading(key);
        throw new IllegalStateException("no");
      }
    };
    var bad = cache.getAsync("bad");
    pause.awaitReached();
    var all = cache.getAllAsync(List.of("bad", "b"));
    pause.letGo();

    assertThat(all)
        .failsWithin(Duration.ofSeconds(30))
        .withThrowableOfType(ExecutionException.class)
        .withCauseInstanceOf(LoadFailedException.class);
    assertThat(bad).failsWithin(Duration.ofSeconds(30));
    assertThat(cache.get("b")).isEqualTo("2");
  }

  /** What a full executor refuses is said, at once, and leaves no lease and no waiter. */
  @Test
  void fullExecutor_failsTheCall_andIsUsedAgainLater() throws Exception {
    var full = new ThreadPoolExecutor(1, 1, 1, TimeUnit.MINUTES, new ArrayBlockingQueue<>(1));
    var cache = instances.cache(b -> b.executor(full).lease(Duration.ofMillis(200)));
    var go = new CountDownLatch(1);
    instances.source.put("a", "1");
    await().until(() -> full.getActiveCount() == 0 && full.getQueue().isEmpty());
    full.execute(() -> awaitQuietly(go));
    await().until(() -> full.getQueue().isEmpty());
    full.execute(() -> {});

    assertThat(cache.getAsync("a"))
        .failsWithin(Duration.ofSeconds(30))
        .withThrowableThat()
        .withMessageContaining("things: the executor refused");
    go.countDown();

    await().untilAsserted(() -> assertThat(cache.get("a")).isEqualTo("1"));
    full.shutdownNow();
  }

  @Test
  void closeWhileCallersWait_endsThemAll() throws Exception {
    var cache = instances.cache();
    var pause = new Pause();
    instances.hook = pause;
    var waiting = cache.getAsync("a");
    pause.awaitReached();

    cache.close();
    pause.letGo();

    await().until(waiting::isDone);
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Completion is seen by a dependent that was there before it. */
  private static void assertOurs(CompletableFuture<?> future) {
    var thread = future.handle((value, failure) -> Thread.currentThread());
    assertThat(thread)
        .succeedsWithin(Duration.ofSeconds(30))
        .satisfies(on -> assertThat(on == Thread.currentThread() || on.getName().equals("ours"))
            .as("%s", on)
            .isTrue());
  }
}
