package dev.scaling.concurrency.collapse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.scaling.testkit.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bulk functions and executors that misbehave in every way. */
@Timeout(60)
final class BatcherFailureTest {

  private static final Duration SECOND = Duration.ofSeconds(1);

  private final VirtualTime time = new VirtualTime();
  private final HeldExecutor executor = new HeldExecutor();
  private final List<Set<Integer>> calls = new ArrayList<>();

  @Test
  void functionThatThrows_failsAllItsKeys_withAnExceptionEach() {
    var batcher = batcher(keys -> {
      throw new IOException("down");
    });
    batcher.loadAsync(1);
    var one = batcher.loadAsync(2);
    var two = batcher.loadAsync(3);

    executor.runAll();

    assertThat(failureOf(one))
        .isInstanceOf(CallFailedException.class)
        .hasMessage("things: the execution failed with java.io.IOException")
        .isNotSameAs(failureOf(two));
    assertThat(failureOf(one).getCause()).isSameAs(failureOf(two).getCause());
    assertThat(batcher.snapshot().failures()).isEqualTo(2);
  }

  @Test
  @SuppressWarnings("NullAway") // null is the point
  void functionThatReturnsNull_hasFailed() {
    var caller = batcher(keys -> null).loadAsync(1);
    executor.runAll();

    assertThat(failureOf(caller)).hasRootCauseMessage("the bulk function returned null");
  }

  @Test
  void functionThatThrowsAnError_failsItsKeys_andTheNextBatchIsLoaded() {
    var batcher = batcher(keys -> {
      if (keys.contains(1)) {
        throw new StackOverflowError();
      }
      return found(keys);
    });
    var bad = batcher.loadAsync(1);
    var good = batcher.loadAsync(2);

    executor.runAll();

    assertThat(failureOf(bad)).hasCauseInstanceOf(StackOverflowError.class);
    assertThat(good).isCompletedWithValue("2");
  }

  @Test
  void mapThatThrows_failsTheKeyThatItThrowsFor() {
    var batcher = batcher(keys -> new HashMap<>(found(keys)) {
      private static final long serialVersionUID = 1L;

      @Override
      public String get(Object key) {
        if (key.equals(2)) {
          throw new IllegalStateException("odd");
        }
        return super.get(key);
      }
    });
    batcher.loadAsync(1);
    var bad = batcher.loadAsync(2);
    var good = batcher.loadAsync(3);

    executor.runAll();

    assertThat(failureOf(bad)).hasRootCauseMessage("odd");
    assertThat(good).isCompletedWithValue("3");
  }

  @Test
  void keysThatNobodyAskedFor_areIgnored() {
    var caller = batcher(keys -> Map.of(1, "1", 99, "99")).loadAsync(1);
    executor.runAll();

    assertThat(caller).isCompletedWithValue("1");
  }

  @Test
  void keys_cannotBeChangedByTheFunction() {
    var caller = batcher(keys -> {
          keys.clear();
          return Map.of();
        })
        .loadAsync(1);
    executor.runAll();

    assertThat(failureOf(caller)).hasCauseInstanceOf(UnsupportedOperationException.class);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 57, 101})
  void poisonKey_failsAlone(int poison) {
    var batcher = isolating(poison);
    batcher.loadAsync(1);
    var all = IntStream.rangeClosed(2, 101).mapToObj(batcher::loadAsync).toList();

    executor.runAll();

    for (int key = 2; key <= 101; key++) {
      var caller = all.get(key - 2);
      if (key == poison) {
        assertThat(failureOf(caller)).hasRootCauseMessage("poison");
      } else {
        assertThat(caller).isCompletedWithValue("" + key);
      }
    }
    assertThat(calls.size()).isLessThanOrEqualTo(2 + 2 * 7);
  }

  @Test
  void poisonKeys_failAlone_however_many() {
    var batcher = isolating(3, 4, 9);
    batcher.loadAsync(1);
    var all = IntStream.rangeClosed(2, 11).mapToObj(batcher::loadAsync).toList();

    executor.runAll();

    assertThat(all.stream().filter(CompletableFuture::isCompletedExceptionally)).hasSize(3);
  }

  @Test
  void poisonKey_failsAll_unlessIsolationIsAskedFor() {
    var batcher = batcher(keys -> poisoned(keys, 3));
    batcher.loadAsync(1);
    var one = batcher.loadAsync(2);
    var two = batcher.loadAsync(3);

    executor.runAll();

    assertThat(one).isCompletedExceptionally();
    assertThat(two).isCompletedExceptionally();
    assertThat(calls).hasSize(2);
  }

  @Test
  void executorThatRefuses_failsTheCalls_andTakesNoTurnWithIt() {
    var refuses = new AtomicReference<>(true);
    var batcher = Batcher.<Integer, String>builder("things", this::found)
        .executor(task -> {
          if (refuses.get()) {
            throw new RejectedExecutionException("full");
          }
          task.run();
        })
        .time(time)
        .build();

    var refused = batcher.loadAsync(1, SECOND);
    assertThatExceptionOfType(CallFailedException.class)
        .isThrownBy(() -> batcher.load(2))
        .withCauseInstanceOf(RejectedExecutionException.class);
    refuses.set(false);

    assertThat(refused).isCompletedExceptionally();
    assertThat(batcher.load(3)).isEqualTo("3");
    assertThat(time.pending()).isZero();
  }

  @Test
  void functionThatNeverReturns_isInterruptedByItsLastCaller_andBlocksNobody() throws Exception {
    var begun = new CountDownLatch(1);
    var interrupted = new CountDownLatch(1);
    var never = new CountDownLatch(1);
    var threads = Executors.newCachedThreadPool();
    try (var batcher = Batcher.<Integer, String>builder("things", keys -> {
          if (keys.contains(1)) {
            begun.countDown();
            try {
              never.await();
            } catch (InterruptedException e) {
              interrupted.countDown();
              throw e;
            }
          }
          return found(keys);
        })
        .time(time)
        .build()) {
      var stuck = threads.submit(() -> batcher.load(1, SECOND));
      begun.await();
      var behind = batcher.loadAsync(2);

      time.advance(SECOND);

      assertThatExceptionOfType(ExecutionException.class)
          .isThrownBy(stuck::get)
          .withCauseInstanceOf(CallTimedOutException.class);
      assertThat(behind.get()).isEqualTo("2");
      interrupted.await();
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void functionThatAsksItsOwnBatcher_isRefused() {
    var own = new AtomicReference<Batcher<Integer, String>>();
    own.set(Batcher.<Integer, String>builder(
            "things", keys -> Map.of(1, own.get().load(2)))
        .executor(Runnable::run)
        .build());

    assertThatExceptionOfType(CallFailedException.class)
        .isThrownBy(() -> own.get().load(1))
        .havingCause()
        .isInstanceOf(IllegalStateException.class)
        .withMessage("things: the bulk function asked its own batcher for a key,"
            + " and would wait for itself");
  }

  @Test
  void closedBatcher_refuses_andServesWhatWaits() {
    var batcher = batcher(this::found);
    var one = batcher.loadAsync(1);
    var two = batcher.loadAsync(2);

    batcher.close();
    batcher.close();
    executor.runAll();

    assertThatIllegalStateException()
        .isThrownBy(() -> batcher.loadAsync(3))
        .withMessage("things: the batcher is closed");
    assertThat(one).isCompletedWithValue("1");
    assertThat(two).isCompletedWithValue("2");
    assertThat(batcher).hasToString("Batcher[things, closed, pending=0, underWay=0]");
  }

  private Batcher<Integer, String> isolating(Integer... poison) {
    return Batcher.<Integer, String>builder("things", keys -> poisoned(keys, poison))
        .isolateFailures(true)
        .executor(executor)
        .time(time)
        .build();
  }

  private Batcher<Integer, String> batcher(BulkFunction<Integer, String> function) {
    return Batcher.builder("things", function).executor(executor).time(time).build();
  }

  private Map<Integer, String> poisoned(Set<Integer> keys, Integer... poison) {
    calls.add(Set.copyOf(keys));
    if (!Collections.disjoint(keys, List.of(poison))) {
      throw new IllegalArgumentException("poison");
    }
    return found(keys);
  }

  private Map<Integer, String> found(Set<Integer> keys) {
    Map<Integer, String> found = new HashMap<>();
    keys.forEach(key -> found.put(key, "" + key));
    return found;
  }

  private static Throwable failureOf(CompletableFuture<?> future) {
    return future.handle((value, failure) -> failure).join();
  }
}
