package dev.scaling.jmh;

import dev.scaling.concurrency.limit.RateLimit;
import dev.scaling.concurrency.limit.RateLimiter;
import dev.scaling.jmh.Line.Goal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.redisson.api.RateType;

/** What a limit of 100 a second lets through in ten seconds: four clients of four threads each. */
final class Accuracy {

  private static final int CLIENTS = 4;
  private static final int THREADS = 4; // of each client
  private static final int RATE = 100;
  private static final long PAUSE_NANOS = 200_000; // between a thread's calls

  private Accuracy() {}

  static List<Line> measure(Lab lab, String id, Effort effort) throws Exception {
    int seconds = effort.rounds() > 1 ? 10 : 1;
    List<BooleanSupplier> ours = new ArrayList<>();
    List<BooleanSupplier> theirs = new ArrayList<>();
    for (int i = 0; i < CLIENTS; i++) {
      var limiter = lab.opened(RateLimiter.builder("accuracy", lab.port())
          .limit("api", RateLimit.perSecond(RATE))
          .redisTimeout(Duration.ofSeconds(5))
          .build());
      ours.add(() -> limiter.tryAcquire("a").isPermitted());
      var redisson = lab.client().getRateLimiter("accuracy-redisson");
      redisson.trySetRate(RateType.OVERALL, RATE, Duration.ofSeconds(1));
      theirs.add(() -> redisson.tryAcquire());
    }
    return lines(id, seconds, grants(ours, seconds), grants(theirs, seconds));
  }

  /** Judges what both sides granted in some seconds, as {@link #grants} has it. */
  static List<Line> lines(String id, int seconds, List<long[]> mine, List<long[]> other) {
    double ideal = RATE + RATE * (double) seconds; // the burst and the rate
    return List.of(
        new Line(
            id,
            "beyond burst + rate x window",
            "",
            Math.max(0, excess(mine)),
            Math.max(0, excess(other)),
            Goal.atMost(0)),
        new Line(
            id,
            "off the total of burst + rate",
            "%",
            Math.abs(mine.size() / ideal - 1) * 100,
            Math.abs(other.size() / ideal - 1) * 100,
            Goal.atMost(1)));
  }

  /** Returns when each grant was asked for and when it was there, in nanoseconds. */
  static List<long[]> grants(List<BooleanSupplier> clients, int seconds) throws Exception {
    Queue<long[]> grants = new ConcurrentLinkedQueue<>();
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    var threads = Executors.newFixedThreadPool(CLIENTS * THREADS);
    List<Future<?>> callers = new ArrayList<>();
    for (int i = 0; i < CLIENTS * THREADS; i++) {
      var client = clients.get(i % CLIENTS);
      callers.add(threads.submit(() -> ask(client, grants, end)));
    }
    for (var each : callers) {
      each.get();
    }
    threads.shutdown();
    return List.copyOf(grants);
  }

  private static void ask(BooleanSupplier client, Queue<long[]> grants, long end) {
    for (long sent = System.nanoTime(); sent - end < 0; sent = System.nanoTime()) {
      if (client.getAsBoolean()) {
        grants.add(new long[] {sent, System.nanoTime()});
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  /**
   * Returns by how many permits any window had more than burst + rate * window. Each was granted
   * between the moment it was asked for and the one it was there; only those that were wholly in a
   * window count for it, so nothing is called an excess that may be none.
   */
  private static double excess(List<long[]> grants) {
    double worst = Double.NEGATIVE_INFINITY;
    for (long[] first : grants) {
      var ends = grants.stream()
          .filter(grant -> grant[0] >= first[0])
          .mapToLong(grant -> grant[1])
          .sorted()
          .toArray();
      for (int i = 0; i < ends.length; i++) {
        worst = Math.max(worst, i + 1 - RATE - RATE * (ends[i] - first[0]) / 1e9);
      }
    }
    return worst;
  }
}
