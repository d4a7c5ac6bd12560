package dev.scaling.jmh;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

/** The measures that sides are made of. */
final class Sides {

  private static final int CALLS_A_LOOK =
      10_000; // at the clock, which costs as much as a local hit
  private static final int MOST_SAMPLES = 1 << 20;

  private Sides() {}

  /** Returns the mean nanoseconds of a call that is too short to be timed by itself. */
  static Duel.Side nanosPerCall(Loop loop) {
    return lengthNanos -> {
      long start = System.nanoTime();
      long calls = 0;
      long passed;
      do {
        loop.run(CALLS_A_LOOK);
        calls += CALLS_A_LOOK;
        passed = System.nanoTime() - start;
      } while (passed < lengthNanos);
      return (double) passed / calls;
    };
  }

  /** Returns the bytes that a call allocates on the calling thread. */
  static Duel.Side bytesPerCall(Loop loop) {
    var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    return lengthNanos -> {
      long thread = Thread.currentThread().getId();
      long before = threads.getThreadAllocatedBytes(thread);
      long calls = 0;
      long start = System.nanoTime();
      do {
        loop.run(CALLS_A_LOOK);
        calls += CALLS_A_LOOK;
      } while (System.nanoTime() - start < lengthNanos);
      return (double) (threads.getThreadAllocatedBytes(thread) - before) / calls;
    };
  }

  /** Returns the bytes that all threads of this process allocate meanwhile, for each call. */
  static Duel.Side bytesOfAllThreads(Call call) {
    var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    return lengthNanos -> {
      long before = allocated(threads);
      int calls = 0;
      long start = System.nanoTime();
      while (System.nanoTime() - start < lengthNanos) {
        call.make(calls++);
      }
      return (double) (allocated(threads) - before) / calls;
    };
  }

  private static long allocated(ThreadMXBean threads) {
    return Arrays.stream(threads.getThreadAllocatedBytes(threads.getAllThreadIds()))
        .filter(bytes -> bytes > 0)
        .sum();
  }

  /** Returns the median microseconds of a call, made by one thread. */
  static Duel.Side medianMicros(Call call) {
    return medianMicros(call, between -> {});
  }

  /** Returns the median microseconds of a call, with another one after each that is not timed. */
  static Duel.Side medianMicros(Call call, Call between) {
    return lengthNanos -> {
      var samples = new long[MOST_SAMPLES];
      int taken = 0;
      long start = System.nanoTime();
      long before = start;
      while (before - start < lengthNanos && taken < samples.length) {
        call.make(taken);
        samples[taken] = System.nanoTime() - before;
        between.make(taken++);
        before = System.nanoTime();
      }
      Arrays.sort(samples, 0, taken);
      return samples[taken / 2] / 1e3;
    };
  }

  /**
   * Returns the calls a second that some threads together make, each waiting for its own. Modulo a
   * multiple of their number, no two of them ever make a call of the same number.
   */
  static Duel.Side callsPerSecond(int callers, Call call) {
    return lengthNanos -> {
      ExecutorService threads = Executors.newFixedThreadPool(callers);
      try {
        var start = new CyclicBarrier(callers);
        var counts = IntStream.range(0, callers)
            .mapToObj(caller -> threads.submit(() -> {
              start.await();
              long begin = System.nanoTime();
              int made = 0; // below 2^25 in any round, so that the product fits
              while (System.nanoTime() - begin < lengthNanos) {
                call.make(caller + callers * made++);
              }
              return made / ((System.nanoTime() - begin) / 1e9);
            }))
            .toList();
        double sum = 0;
        for (Future<Double> count : counts) {
          sum += count.get();
        }
        return sum;
      } finally {
        threads.shutdown();
      }
    };
  }

  /** Makes many calls. Each side writes its own loop, so that its calls are inlined apart. */
  @FunctionalInterface
  interface Loop {

    void run(int calls) throws Exception;
  }

  /** Makes one call. */
  @FunctionalInterface
  interface Call {

    void make(int number) throws Exception;
  }
}
