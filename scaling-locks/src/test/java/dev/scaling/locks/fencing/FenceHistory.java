package dev.scaling.locks.fencing;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.ObjIntConsumer;

/**
 * Many threads that check random tokens, and the oracle of what they may see: a token is not
 * accepted after a greater one has been, and is refused only for a greater one that was offered.
 */
final class FenceHistory {

  static final int RESOURCES = 3;

  private static final int THREADS = 4;

  private final AtomicLongArray offered = new AtomicLongArray(RESOURCES);
  private final AtomicLongArray accepted = new AtomicLongArray(RESOURCES);
  private final Queue<String> violations = new ConcurrentLinkedQueue<>();

  /** Returns what the oracle finds wrong. */
  static List<String> violations(Subject subject, long seed, int checks) throws Exception {
    var history = new FenceHistory();
    run(
        seed,
        checks,
        (random, i) -> history.check(subject, random.nextInt(RESOURCES), token(random, i)));
    return List.copyOf(history.violations);
  }

  /** Runs steps in all threads at a time; each gets the thread's dice and the step's number. */
  static void run(long seed, int steps, ObjIntConsumer<Random> step) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    try {
      var start = new CyclicBarrier(THREADS);
      List<Future<?>> ends = new ArrayList<>();
      for (int t = 0; t < THREADS; t++) {
        var random = new Random(seed * THREADS + t);
        ends.add(threads.submit(() -> {
          start.await();
          for (int i = 0; i < steps; i++) {
            step.accept(random, i);
          }
          return null;
        }));
      }
      for (Future<?> end : ends) {
        end.get();
      }
    } finally {
      threads.shutdownNow();
    }
  }

  /** Returns tokens that grow over time, and jump back and forth on the way. */
  static long token(Random random, int step) {
    return 1L + step / 2 + random.nextInt(20);
  }

  /** Returns whether a sequence of tokens ever falls. */
  static boolean goesBack(List<Long> tokens) {
    for (int i = 1; i < tokens.size(); i++) {
      if (tokens.get(i) < tokens.get(i - 1)) {
        return true;
      }
    }
    return false;
  }

  private void check(Subject subject, int resource, long token) {
    offered.accumulateAndGet(resource, token, Math::max);
    long before = accepted.get(resource);
    try {
      subject.check("r" + resource, token);
      if (token < before) {
        violations.add("r" + resource + " accepted " + token + " after " + before);
      }
      accepted.accumulateAndGet(resource, token, Math::max);
    } catch (StaleFencingTokenException e) {
      if (e.greatestSeen() <= token || e.greatestSeen() > offered.get(resource)) {
        violations.add("r" + resource + " refused " + token + " for " + e.greatestSeen());
      }
    }
  }
}
