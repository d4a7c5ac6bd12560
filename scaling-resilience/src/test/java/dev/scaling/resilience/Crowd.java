package dev.scaling.resilience;

import dev.scaling.core.Time;
import dev.scaling.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Instances that all call and retry, on a few threads. At each retry that is granted it compares
 * what failed retries have cost since the beginning with what first successes have put in: one is
 * counted before its budget hears of it, the other until its budget has. So what is compared is
 * never more than what is claimed.
 */
final class Crowd implements AutoCloseable {

  private static final int THREADS = 4;
  private static final int CALLS = 10; // of an instance in a round
  private static final int CALLS_A_TOKEN = 10;
  private static final Duration ROUND = Duration.ofMillis(100);

  final AtomicLong asked = new AtomicLong();
  final AtomicLong granted = new AtomicLong();

  /** By how much the bound is exceeded, in calls whose success pays for that. */
  final AtomicLong worst = new AtomicLong(Long.MIN_VALUE);

  private final List<RetryBudget> instances;
  private final VirtualTime time;
  private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);
  private final AtomicLong successes = new AtomicLong();
  private final AtomicLong outstanding = new AtomicLong();
  private final ConcurrentLinkedQueue<Long> waitsNanos = new ConcurrentLinkedQueue<>();
  private final Time clock = Time.system();
  private int seed;

  Crowd(List<RetryBudget> instances, VirtualTime time) {
    this.instances = instances;
    this.time = time;
  }

  /** Forgets how many retries there were, and what they waited for. */
  void reset() {
    asked.set(0);
    granted.set(0);
    waitsNanos.clear();
  }

  void run(int rounds, double failureRatio) throws Exception {
    for (int round = 0; round < rounds; round++) {
      time.advance(ROUND);
      seed++;
      List<Future<?>> all = new ArrayList<>();
      for (int thread = 0; thread < THREADS; thread++) {
        int first = thread;
        var random = new Random(THREADS * seed + first);
        all.add(threads.submit(() -> {
          for (int i = first; i < instances.size(); i += THREADS) {
            for (int call = 0; call < CALLS; call++) {
              call(instances.get(i), random, failureRatio);
            }
          }
        }));
      }
      for (Future<?> each : all) {
        each.get();
      }
    }
  }

  Duration quantileOfWaits(double quantile) {
    long[] sorted = waitsNanos.stream().mapToLong(Long::longValue).sorted().toArray();
    return Duration.ofNanos(
        sorted.length == 0 ? 0 : sorted[(int) (quantile * (sorted.length - 1))]);
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }

  private void call(RetryBudget budget, Random random, double failureRatio) {
    budget.begin();
    if (random.nextDouble() >= failureRatio) {
      successes.incrementAndGet();
      budget.end(/* isFirstSuccess= */ true);
      return;
    }
    asked.incrementAndGet();
    long beganNanos = clock.nanoTime();
    var withdrawal = budget.tryWithdraw(RetryBudget.TRANSIENT);
    waitsNanos.add(clock.nanoTime() - beganNanos);
    if (withdrawal != null) {
      granted.incrementAndGet();
      outstanding.incrementAndGet();
      long cost = outstanding.get() * CALLS_A_TOKEN; // read first: the other only grows
      worst.accumulateAndGet(cost - successes.get(), Math::max);
      if (random.nextDouble() >= failureRatio) {
        outstanding.decrementAndGet();
        withdrawal.succeeded();
      } else {
        withdrawal.failed();
      }
    }
    budget.end(/* isFirstSuccess= */ false);
  }
}
