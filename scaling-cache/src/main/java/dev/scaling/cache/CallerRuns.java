package dev.scaling.cache;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;

/**
 * Runs the steps of a read on the thread that waits for its result.
 *
 * <p>Replies arrive on threads of the Redis client, where no codec may run. A waiting caller has
 * nothing else to do, and waking it costs the same whether it gets the result or the next step.
 * Once the caller has left, the rest runs on the fallback.
 */
final class CallerRuns implements Executor {

  private final Executor fallback;
  private final LinkedBlockingQueue<Runnable> steps = new LinkedBlockingQueue<>();
  private volatile boolean left;

  CallerRuns(Executor fallback) {
    this.fallback = fallback;
  }

  @Override
  public void execute(Runnable step) {
    steps.add(step);
    if (left) {
      handOver();
    }
  }

  /** Runs steps until the result is there. */
  void awaitEnd(CompletableFuture<?> result) throws InterruptedException {
    result.whenComplete((value, failure) -> steps.add(WakeUp.ONLY));
    try {
      while (!result.isDone()) {
        steps.take().run();
      }
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
        try {
          fallback.execute(step);
        } catch (RejectedExecutionException e) {
          step.run(); // the cache is closed, and others may wait for what this step ends
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
