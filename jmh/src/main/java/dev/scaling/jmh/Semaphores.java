package dev.scaling.jmh;

import dev.scaling.concurrency.semaphore.DistributedSemaphore;
import dev.scaling.jmh.Line.Goal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** A semaphore over all instances, beside Redisson's. */
final class Semaphores {

  private static final int WAITERS = 100;
  private static final int PERMITS = 2;
  private static final long WORK_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private Semaphores() {}

  /** Many wait for few permits, and each works a while: how long until all have? */
  static List<Line> handOff(Lab lab, String id, Effort effort) throws Exception {
    var ours = lab.opened(
        DistributedSemaphore.builder("ours", lab.port()).permits(PERMITS).build());
    var redisson = lab.client().getPermitExpirableSemaphore("redisson");
    redisson.trySetPermits(PERMITS);
    Task mine = () -> {
      try (var permit = ours.acquire(PATIENCE)) {
        work();
        if (!permit.isValid()) {
          throw new IllegalStateException("a permit was lost");
        }
      }
    };
    Task theirs = () -> {
      String permit = redisson.acquire(1, TimeUnit.MINUTES);
      work();
      redisson.release(permit);
    };
    int rounds = Math.min(effort.rounds(), 9);
    var millis = new double[2][rounds];
    var scripts = new double[2][rounds];
    run(lab, mine);
    run(lab, theirs);
    for (int i = 0; i < rounds; i++) {
      var one = run(lab, mine);
      var other = run(lab, theirs);
      millis[0][i] = one.millis;
      scripts[0][i] = one.scripts;
      millis[1][i] = other.millis;
      scripts[1][i] = other.scripts;
    }
    double ideal = alone();
    double total = Duel.median(millis[0]);
    double peer = Duel.median(millis[1]);
    return List.of(
        new Line(id, "total / Redisson", "ms", total, peer, Goal.ratioAtMost(1)),
        new Line(id, "total / ideal by the clock", "ms", total, 250.0, Goal.ratioAtMost(1.3)),
        new Line(id, "total / two workers' own", "ms", total, ideal, Goal.ratioAtMost(1.3)),
        new Line(
            id,
            "scripts an acquire and release",
            "cmd",
            Duel.median(scripts[0]),
            Duel.median(scripts[1]),
            Goal.atMost(1.5)));
  }

  private static Run run(Lab lab, Task task) throws Exception {
    var threads = Executors.newFixedThreadPool(WAITERS);
    var ready = new CountDownLatch(WAITERS);
    var begin = new CountDownLatch(1);
    try {
      var all = new ArrayList<Future<?>>();
      for (int i = 0; i < WAITERS; i++) {
        all.add(threads.submit(() -> {
          ready.countDown();
          begin.await();
          task.run();
          return null;
        }));
      }
      ready.await();
      long before = scripts(lab);
      long start = System.nanoTime();
      begin.countDown();
      for (var each : all) {
        each.get();
      }
      double millis = (System.nanoTime() - start) / 1e6;
      return new Run(millis, (scripts(lab) - before) / (double) WAITERS);
    } finally {
      threads.shutdown();
    }
  }

  /** Returns how long the same work takes those who need no permits: parking is never exact. */
  private static double alone() throws Exception {
    long start = System.nanoTime();
    var threads = Executors.newFixedThreadPool(PERMITS);
    for (int i = 0; i < WAITERS; i++) {
      threads.execute(Semaphores::work);
    }
    threads.shutdown();
    if (!threads.awaitTermination(1, TimeUnit.MINUTES)) {
      throw new IllegalStateException("the work did not end");
    }
    return (System.nanoTime() - start) / 1e6;
  }

  private static void work() {
    long end = System.nanoTime() + WORK_NANOS;
    for (long left = WORK_NANOS; left > 0; left = end - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }

  private static long scripts(Lab lab) {
    var counts = lab.server().commandCounts();
    return counts.getOrDefault("evalsha", 0L) + counts.getOrDefault("eval", 0L);
  }

  /** What a waiter does. */
  @FunctionalInterface
  private interface Task {

    void run() throws Exception;
  }

  /** How long a run took, and how many scripts each waiter needed. */
  private record Run(double millis, double scripts) {}
}
