package dev.scaling.concurrency.collapse;

import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.concurrency.collapse.BatcherBuilder.WhenMissing;
import dev.scaling.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Which keys leave together, and what their callers get: nothing runs before the test says so. */
@Timeout(60)
final class BatcherTest {

  private static final Duration SECOND = Duration.ofSeconds(1);

  private final VirtualTime time = new VirtualTime();
  private final HeldExecutor executor = new HeldExecutor();
  private final List<List<Integer>> batches = new ArrayList<>();

  @Test
  void callThatFindsNothingUnderWay_leavesAtOnce() {
    var batcher = builder().build();

    var first = batcher.loadAsync(1);
    assertThat(executor.size()).isEqualTo(1);
    executor.runAll();

    assertThat(first).isCompletedWithValue("1");
    assertThat(batches).containsExactly(List.of(1));
  }

  @Test
  void callsDuringABatch_leaveTogetherAfterIt() {
    var batcher = builder().build();
    var all = IntStream.rangeClosed(1, 5).mapToObj(batcher::loadAsync).toList();

    executor.runAll();

    assertThat(batches).containsExactly(List.of(1), List.of(2, 3, 4, 5));
    assertThat(all).extracting(CompletableFuture::join).containsExactly("1", "2", "3", "4", "5");
    assertThat(batcher.snapshot()).isEqualTo(new BatcherSnapshot(5, 0, 2, 5, 0, 0, 0, 0));
  }

  @Test
  void sameKey_isLoadedOnceInABatch() {
    var batcher = builder().build();
    batcher.loadAsync(1);
    var one = batcher.loadAsync(2);
    var two = batcher.loadAsync(2);

    executor.runAll();

    assertThat(batches).containsExactly(List.of(1), List.of(2));
    assertThat(one).isCompletedWithValue("2");
    assertThat(two).isCompletedWithValue("2").isNotSameAs(one);
    assertThat(batcher.snapshot().followers()).isEqualTo(1);
  }

  @Test
  void keyOfABatchUnderWay_isLoadedAgain() {
    var batcher = builder().build();
    batcher.loadAsync(1);
    batcher.loadAsync(1);

    executor.runAll();

    assertThat(batches).containsExactly(List.of(1), List.of(1));
  }

  @Test
  void batch_isNoLargerThanItsMaximum() {
    var batcher = builder().maximumSize(2).build();
    IntStream.rangeClosed(1, 6).forEach(batcher::loadAsync);

    executor.runAll();

    assertThat(batches).containsExactly(List.of(1), List.of(2, 3), List.of(4, 5), List.of(6));
  }

  @Test
  void parallelBatches_leaveUntilThereAreEnough() {
    var batcher = builder().parallelism(2).build();
    IntStream.rangeClosed(1, 4).forEach(batcher::loadAsync);

    assertThat(batcher.snapshot().underWay()).isEqualTo(2);
    executor.runAll();

    assertThat(batches).containsExactly(List.of(1), List.of(3, 4), List.of(2));
  }

  @Test
  void linger_waitsForOthers() {
    var batcher = builder().linger(Duration.ofMillis(5)).build();
    batcher.loadAsync(1);
    batcher.loadAsync(2);
    assertThat(executor.size()).isZero();

    time.advance(Duration.ofMillis(5));
    executor.runAll();

    assertThat(batches).containsExactly(List.of(1, 2));
    assertThat(time.pending()).isZero();
  }

  @Test
  void fullBatch_doesNotLinger() {
    var batcher = builder().linger(Duration.ofMillis(5)).maximumSize(2).build();
    IntStream.rangeClosed(1, 3).forEach(batcher::loadAsync);

    executor.runAll();
    assertThat(batches).containsExactly(List.of(1, 2));
    time.advance(Duration.ofMillis(5));
    executor.runAll();

    assertThat(batches).containsExactly(List.of(1, 2), List.of(3));
    assertThat(time.pending()).isZero();
  }

  @Test
  void lingeringKeyThatIsLeft_endsItsWindow() {
    var batcher = builder().linger(Duration.ofMillis(5)).build();

    batcher.loadAsync(1).cancel(true);

    assertThat(time.pending()).isZero();
    assertThat(batcher.snapshot().pending()).isZero();
  }

  @Test
  void missingKey_isNullByDefault() {
    var batcher = builder().build();
    var caller = batcher.loadAsync(-1);

    executor.runAll();

    assertThat(caller).isCompletedWithValue(null);
  }

  @Test
  void missingKey_failsIfAskedTo_alone() {
    var batcher = builder().whenMissing(WhenMissing.FAIL).build();
    batcher.loadAsync(1);
    var missing = batcher.loadAsync(-1);
    var present = batcher.loadAsync(2);

    executor.runAll();

    assertThat(failureOf(missing))
        .isInstanceOf(CallFailedException.class)
        .hasCauseInstanceOf(NoSuchElementException.class);
    assertThat(present).isCompletedWithValue("2");
  }

  @Test
  void outcomes_areThoseOfEachKey() {
    var batcher = Batcher.<Integer, String>builderOfOutcomes("things", keys -> {
          Map<Integer, Outcome<String>> all = new HashMap<>();
          keys.forEach(key -> all.put(
              key,
              key < 0
                  ? Outcome.failed(new IllegalArgumentException("negative"))
                  : Outcome.of("" + key)));
          return all;
        })
        .executor(executor)
        .build();
    batcher.loadAsync(1);
    var good = batcher.loadAsync(2);
    var bad = batcher.loadAsync(-1);

    executor.runAll();

    assertThat(good).isCompletedWithValue("2");
    assertThat(failureOf(bad)).hasRootCauseMessage("negative");
  }

  @Test
  void cancelledCaller_leavesOthersOfItsKeyAlone() {
    var batcher = builder().build();
    batcher.loadAsync(1);
    var leader = batcher.loadAsync(2);
    var follower = batcher.loadAsync(2);

    leader.cancel(true);
    executor.runAll();

    assertThat(follower).isCompletedWithValue("2");
  }

  @Test
  void keyThatNobodyWaitsFor_isNotLoaded() {
    var batcher = builder().build();
    batcher.loadAsync(1);
    batcher.loadAsync(2).cancel(true);
    var timedOut = batcher.loadAsync(3, SECOND);
    var other = batcher.loadAsync(4);

    time.advance(SECOND);
    executor.runAll();

    assertThat(batches).containsExactly(List.of(1), List.of(4));
    assertThat(failureOf(timedOut)).hasMessage("things: no result after PT1S");
    assertThat(other).isCompletedWithValue("4");
    assertThat(time.pending()).isZero();
  }

  @Test
  void batchThatAllHaveLeft_givesItsTurnAway() {
    var batcher = builder().build();
    var first = batcher.loadAsync(1, SECOND);
    var second = batcher.loadAsync(2);

    time.advance(SECOND);
    executor.runAll();

    assertThat(first).isCompletedExceptionally();
    assertThat(second).isCompletedWithValue("2");
    assertThat(batches).containsExactly(List.of(2));
    assertThat(batcher.snapshot()).isEqualTo(new BatcherSnapshot(2, 0, 1, 1, 0, 1, 0, 0));
  }

  @Test
  void continuation_runsApart() {
    var batcher = builder().build();
    batcher.loadAsync(1);
    var slow = batcher.loadAsync(2).thenApply(value -> batches.size());
    var quick = batcher.loadAsync(3);

    executor.runNext(); // both batches, one after the other
    assertThat(slow).isNotDone();
    assertThat(executor.size()).isEqualTo(3);
    executor.runAll();

    assertThat(slow).isCompletedWithValue(2);
    assertThat(quick).isCompletedWithValue("3");
  }

  private BatcherBuilder<Integer, String> builder() {
    return Batcher.builder("things", this::load).executor(executor).time(time);
  }

  private Map<Integer, String> load(Set<Integer> keys) {
    batches.add(List.copyOf(keys));
    Map<Integer, String> found = new HashMap<>();
    keys.stream().filter(key -> key > 0).forEach(key -> found.put(key, "" + key));
    return found;
  }

  private static Throwable failureOf(CompletableFuture<?> future) {
    return future.handle((value, failure) -> failure).join();
  }
}
