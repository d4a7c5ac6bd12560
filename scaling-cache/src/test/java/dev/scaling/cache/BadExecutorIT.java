package dev.scaling.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import dev.scaling.testkit.RedisExtension;
import dev.scaling.testkit.VirtualTime;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Executors that fail in ways they should not cost the call at hand, and leave nothing behind. */
@Timeout(120)
final class BadExecutorIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.single();

  @RegisterExtension
  final Instances instances = new Instances(servers);

  private final VirtualTime time = new VirtualTime();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Faulty executor = new Faulty();

  @AfterEach
  void end() {
    threads.shutdownNow();
  }

  private enum Fault {
    FAILS,
    OUT_OF_THREADS,
    /** As a pool whose queue takes the task, and which then has no thread for it. */
    TAKES_AND_FAILS,
    LOSES
  }

  /** Does wrong by the next task, once it is told to. */
  private final class Faulty implements Executor {

    final AtomicReference<@Nullable Fault> next = new AtomicReference<>();
    final Queue<Runnable> kept = new ConcurrentLinkedQueue<>();

    @Override
    public void execute(Runnable task) {
      var fault = next.getAndSet(null);
      if (fault == null) {
        threads.execute(task);
        return;
      }
      if (fault == Fault.TAKES_AND_FAILS || fault == Fault.LOSES) {
        kept.add(task);
      }
      if (fault == Fault.FAILS) {
        throw new IllegalStateException("no more");
      }
      if (fault != Fault.LOSES) {
        throw new OutOfMemoryError("unable to create native thread");
      }
    }
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "LOSES")
  void loadThatCannotBegin_failsTheCall_andLeavesNoLeaseAndNoTimer(Fault fault) {
    var cache = cache();
    instances.source.put("a", "1");
    int timers = time.pending();
    executor.next.set(fault);

    assertThatExceptionOfType(LoadFailedException.class)
        .isThrownBy(() -> cache.get("a"))
        .withMessage("things: the executor refused to run the loader");

    assertThat(time.pending()).isEqualTo(timers);
    executor.kept.forEach(Runnable::run);
    assertThat(instances.loads).hasValue(0);
    await().untilAsserted(() -> assertThat(instances.exists("a")).isFalse());
    assertThat(cache.get("a")).isEqualTo("1");
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "LOSES")
  void writeThatCannotBegin_liftsItsFence_andDoesNotBeginLater(Fault fault) {
    var cache = cache();
    int timers = time.pending();
    executor.next.set(fault);

    var update = cache.updateAsync("a", () -> {
      instances.source.put("a", "written behind no fence");
      return CompletableFuture.completedFuture("");
    });

    assertThat(update).failsWithin(Duration.ofSeconds(30));
    executor.kept.forEach(Runnable::run);
    assertThat(instances.source).isEmpty();
    assertThat(instances.exists("a")).isFalse();
    assertThat(time.pending()).isEqualTo(timers);
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "LOSES")
  void stepThatCannotBegin_failsTheFlight_andNobodyAfterIt(Fault fault) {
    var cache = cache();
    instances.source.put("a", "1");
    executor.next.set(fault);

    assertThat(cache.getAsync("a"))
        .failsWithin(Duration.ofSeconds(30))
        .withThrowableThat()
        .withMessageContaining("things: the executor refused");

    assertThat(cache.toString()).contains("underWay=0");
    assertThat(cache.get("a")).isEqualTo("1");
  }

  /** The step that was lost is one of getAsync; whoever blocks notices, and ends it for all. */
  @Test
  void lostStep_failsWhoWaitsForIt_andNobodyAfterThem() throws Exception {
    var cache = cache();
    instances.source.put("a", "1");
    executor.next.set(Fault.LOSES);
    var first = cache.getAsync("a");
    await().until(() -> !executor.kept.isEmpty());
    var waits = new Thread[2];
    var one = new CompletableFuture<String>();
    var many = new CompletableFuture<Map<String, String>>();
    waits[0] = new Thread(() -> end(one, () -> cache.get("a")));
    waits[1] = new Thread(() -> end(many, () -> cache.getAll(List.of("a", "b"))));
    for (var each : waits) {
      each.start();
    }
    await()
        .until(() -> waits[0].getState() == Thread.State.TIMED_WAITING
            && waits[1].getState() == Thread.State.TIMED_WAITING
            && instances.loads.get() == 1);
    assertThat(first).isNotDone();

    time.advance(Duration.ofMinutes(2));

    for (var each : List.of(first, one, many)) {
      assertThat(each)
          .failsWithin(Duration.ofSeconds(60))
          .withThrowableThat()
          .withMessageContaining("things: the read did not end within PT41S");
    }
    assertThat(cache.toString()).contains("underWay=0");
    assertThat(cache.get("a")).isEqualTo("1");
  }

  private TieredCache<String, String> cache() {
    return instances.cache(
        b -> b.executor(executor).time(time).withoutLocal().lease(Duration.ofMinutes(1)));
  }

  private static <T> void end(CompletableFuture<T> result, java.util.function.Supplier<T> call) {
    try {
      result.complete(call.get());
    } catch (Throwable e) {
      result.completeExceptionally(e);
    }
  }
}
