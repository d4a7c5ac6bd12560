package dev.scaling.jmh;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Sixteen threads that all want the same thing, again and again. */
final class Crowd {

  private static final int CALLERS = 16;

  private final long lengthNanos;
  private final Turn turn;

  private Crowd(long lengthNanos, Turn turn) {
    this.lengthNanos = lengthNanos;
    this.turn = turn;
  }

  static Crowd of(Effort effort, Turn turn) {
    return new Crowd(effort.round().toNanos() * 8, turn);
  }

  /** Lets all of them have their turns for a while. */
  Result run() throws Exception {
    var threads = Executors.newFixedThreadPool(CALLERS);
    try {
      var start = new CyclicBarrier(CALLERS);
      List<Future<List<Long>>> all = new ArrayList<>();
      for (int i = 0; i < CALLERS; i++) {
        int caller = i;
        all.add(threads.submit(() -> {
          start.await();
          return waits(caller);
        }));
      }
      List<Long> waits = new ArrayList<>();
      long least = Long.MAX_VALUE;
      long most = 0;
      for (var each : all) {
        var its = each.get();
        waits.addAll(its);
        least = Math.min(least, its.size());
        most = Math.max(most, its.size());
      }
      var sorted = waits.stream().mapToLong(Long::longValue).toArray();
      Arrays.sort(sorted);
      double p99 = sorted[(int) (sorted.length * 0.99)] / 1e6;
      return new Result(
          sorted.length,
          sorted.length / (lengthNanos / 1e9),
          p99,
          most / (double) Math.max(1, least));
    } finally {
      threads.shutdown();
    }
  }

  private List<Long> waits(int caller) throws Exception {
    List<Long> waits = new ArrayList<>();
    long begin = System.nanoTime();
    for (long before = begin; before - begin < lengthNanos; ) {
      if (!turn.take(caller)) {
        throw new IllegalStateException("two had it at once");
      }
      long after = System.nanoTime();
      waits.add(after - before);
      before = after;
    }
    return waits;
  }

  /** Gets what all want, and gives it back; returns whether nobody else had it. */
  @FunctionalInterface
  interface Turn {

    boolean take(int caller) throws Exception;
  }

  /** How it went. */
  record Result(int acquisitions, double perSecond, double p99Millis, double mostByLeast) {}
}
