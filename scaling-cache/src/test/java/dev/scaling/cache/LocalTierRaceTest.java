package dev.scaling.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.core.Time;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A reader that looks at the source, an invalidation after a write, and others in between,
 * thousands of times at once: the tier never keeps what was read before the write.
 */
@Timeout(120)
final class LocalTierRaceTest {

  private static final int ROUNDS = 20_000;
  private static final int READERS = 2;

  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final long seed = new Random().nextLong();

  @AfterEach
  void end() {
    threads.shutdownNow();
  }

  @Test
  void offerAgainstInvalidation_keepsNothingOld() throws Exception {
    var tier = tier();

    assertThat(oldEntries(tier, tier::epoch, () -> tier.invalidate(1))).isZero();
  }

  @Test
  void offerAgainstClearing_keepsNothingOld() throws Exception {
    var tier = tier();

    assertThat(oldEntries(tier, tier::epoch, tier::clear)).isZero();
  }

  /** The control: who takes the epoch after the read, and not before, keeps old values. */
  @Test
  void epochTakenAfterTheRead_isNoticed() throws Exception {
    var tier = tier();

    assertThat(oldEntries(tier, null, () -> tier.invalidate(1))).isPositive();
  }

  @Test
  void closedTier_keepsNothing_evenIfItIsOpenedOrOfferedTo() throws Exception {
    for (int round = 0; round < 2_000; round++) {
      var tier = tier();
      long epoch = tier.epoch(1);
      atOnce(tier::open, () -> tier.offer(1, 1, epoch), tier::close);

      assertThat(tier.get(1)).isNull();
      tier.offer(1, 1, tier.epoch(1));
      assertThat(tier.get(1)).isNull();
    }
  }

  @Test
  void tierThatHearsNothingYet_takesNothing() {
    var tier = new LocalTier<>(
        new LocalSettings<Integer, Integer>(),
        () -> 1_000_000_000L,
        () -> 1L,
        Time.system(),
        ForkJoinPool.commonPool());

    tier.offer(1, 1, tier.epoch(1));

    assertThat(tier.get(1)).isNull();
  }

  @Test
  void keyThatIsInvalidated_takesOnlyItsOwnStripeAlong() {
    var tier = tier();
    for (int key = 0; key < 500; key++) {
      tier.offer(key, key, tier.epoch(key));
    }

    tier.invalidate(1);

    assertThat(tier.get(1)).isNull();
    assertThat(tier.size()).isEqualTo(499);
  }

  /** Returns in how many rounds the tier held, at rest, another value than the source. */
  private int oldEntries(
      LocalTier<Integer, Integer> tier,
      @Nullable ToLongFunction<Integer> epochBefore,
      Runnable drop)
      throws Exception {
    System.out.println("LocalTierRaceTest seed " + seed);
    var source = new AtomicInteger();
    var barrier = new CyclicBarrier(READERS + 1);
    int old = 0;
    Callable<Void> reader = () -> {
      var random = new Random(seed);
      for (int round = 0; round < ROUNDS; round++) {
        barrier.await();
        long before = epochBefore == null ? 0 : epochBefore.applyAsLong(1);
        int value = source.get();
        spin(random.nextInt(500));
        tier.offer(1, value, epochBefore == null ? tier.epoch(1) : before);
        barrier.await();
        barrier.await();
      }
      return null;
    };
    for (int i = 0; i < READERS; i++) {
      threads.submit(reader);
    }
    var random = new Random(seed + 1);
    for (int round = 0; round < ROUNDS; round++) {
      barrier.await();
      spin(random.nextInt(500));
      source.incrementAndGet();
      drop.run();
      barrier.await();
      Object held = tier.get(1);
      if (held != null && !held.equals(source.get())) {
        old++;
      }
      barrier.await();
    }
    return old;
  }

  private void atOnce(Runnable... actions) throws Exception {
    var barrier = new CyclicBarrier(actions.length);
    var running = Arrays.stream(actions)
        .map(action -> threads.submit(() -> {
          await(barrier);
          action.run();
        }))
        .toList();
    for (var each : running) {
      each.get();
    }
  }

  private static void await(CyclicBarrier barrier) {
    try {
      barrier.await();
    } catch (InterruptedException | BrokenBarrierException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void spin(int times) {
    for (int i = 0; i < times; i++) {
      Thread.onSpinWait();
    }
  }

  private static LocalTier<Integer, Integer> tier() {
    var tier = new LocalTier<>(
        new LocalSettings<Integer, Integer>(),
        () -> 1_000_000_000_000L,
        () -> 1_000_000_000L,
        Time.system(),
        ForkJoinPool.commonPool());
    tier.open();
    return tier;
  }
}
