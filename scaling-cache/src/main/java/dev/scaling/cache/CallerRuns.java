package dev.scaling.cache;

import dev.scaling.core.Time;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Runs the steps of a read on the thread that waits for its result.
 *
 * <p>Replies arrive on threads of the Redis client, where no codec may run. A waiting caller has
 * nothing else to do, and waking it costs the same whether it gets the result or the next step.
 * Once the caller has left, the rest runs on the fallback.
 */
final class CallerRuns implements Executor {

  /** How often a caller who waits looks at the time, which may be a test's. */
  private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final Executor fallback;
  private final Time time;
  private final LinkedBlockingQueue<Runnable> steps = new LinkedBlockingQueue<>();
  private volatile boolean left;

  CallerRuns(Executor fallback, Time time) {
    this.fallback = fallback;
    this.time = time;
  }

  @Override
  public void execute(Runnable step) {
    steps.add(step);
    if (left) {
      handOver();
    }
  }

  /**
   * Runs steps until the result is there. It comes from steps of others too, on an executor that
   * may lose them: hence an end to the wait.
   *
   * @return false if the time was up before
   */
  boolean awaitEnd(CompletableFuture<?> result, Duration atMost) throws InterruptedException {
    result.whenComplete((value, failure) -> steps.add(WakeUp.ONLY));
    long startNanos = time.nanoTime();
    try {
      while (!result.isDone()) {
        long leftNanos = atMost.toNanos() - (time.nanoTime() - startNanos);
        var step = steps.poll(Math.min(leftNanos, LOOK_NANOS), TimeUnit.NANOSECONDS);
        if (step != null) {
          step.run();
        } else if (leftNanos <= 0) {
          return false;
        }
      }
      return true;
    } finally {
      leave();
    }
  }

  /** Gives the steps that are left, and those to come, to the fallback. */
  void leave() {
    left = true;
    handOver();
  }

  private void handOver() {
    for (Runnable step = steps.poll(); step != null; step = steps.poll()) {
      if (step != WakeUp.ONLY) {
        var once = new FutureTask<>(step, null); // what throws may have taken it all the same
        try {
          fallback.execute(once);
        } catch (Throwable e) { // closed, or out of threads; others wait for what this step ends
          once.run();
        }
      }
    }
  }

  /** A step that is there only so that the caller looks at the result. */
  private enum WakeUp implements Runnable {
    ONLY;

    @Override
    public void run() {}
  }
}
