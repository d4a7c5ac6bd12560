package dev.scaling.examples.catalogue;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

/** Does the same thing on several threads at once. */
final class Concurrently {

  private Concurrently() {}

  /** Starts the work when all threads are there, and returns once all of it is done. */
  static void run(int threads, Work work) throws InterruptedException {
    ExecutorService executor = Executors.newFixedThreadPool(threads);
    try {
      var ready = new CountDownLatch(threads);
      var started = IntStream.range(0, threads)
          .<Future<?>>mapToObj(worker -> executor.submit(() -> {
            ready.countDown();
            ready.await();
            work.run(worker);
            return null;
          }))
          .toList();
      for (Future<?> each : started) {
        each.get();
      }
    } catch (ExecutionException e) {
      throw new IllegalStateException("the driver failed", e.getCause());
    } finally {
      executor.shutdownNow();
    }
  }

  /** What one thread does. */
  interface Work {

    void run(int worker) throws Exception;
  }
}
