package dev.scaling.jmh;

import com.netflix.concurrency.limits.limit.Gradient2Limit;
import com.netflix.concurrency.limits.limit.WindowedLimit;
import dev.scaling.concurrency.adaptive.AdaptiveLimit;
import dev.scaling.jmh.Line.Goal;
import dev.scaling.testkit.SimulatedLoad;
import dev.scaling.testkit.SimulatedLoad.Gate;
import dev.scaling.testkit.SimulatedServer;
import dev.scaling.testkit.VirtualTime;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.IntSupplier;

/**
 * Adaptive limits under lasting overload, in virtual time: ten workers of ten milliseconds, and
 * 1,500 requests a second. Who is not let in is refused.
 */
final class Overloads {

  private static final double CAPACITY = 1_000;
  private static final Duration SERVICE = Duration.ofMillis(10);
  private static final int MINUTES = 30;

  private Overloads() {}

  /** Runs both for half an hour each, with several seeds. */
  static List<Line> adaptive(Lab lab, String id, Effort effort) {
    int seeds = Math.min(effort.rounds(), 9);
    var ours = new double[3][seeds];
    var theirs = new double[3][seeds];
    for (int seed = 0; seed < seeds; seed++) {
      put(ours, seed, ours(new World(seed)));
      put(theirs, seed, theirs(new World(seed)));
    }
    return List.of(
        line(id, "goodput of capacity / Gradient2", "", ours[0], theirs[0], Goal.atLeast(0.97)),
        line(id, "median latency / Gradient2", "ms", ours[1], theirs[1], Goal.atMost(16)),
        line(id, "limit moves, minute 1 to 30", "%", ours[2], theirs[2], Goal.atMost(10)));
  }

  private static Outcome ours(World world) {
    try (var limit = AdaptiveLimit.builder("server")
        .time(world.time)
        .executor(Runnable::run)
        .maximumWaiting(0)
        .build()) {
      return world.run(
          start -> limit.tryAcquire().ifPresent(permit -> start.accept(permit::success)),
          () -> limit.snapshot().limit());
    }
  }

  private static Outcome theirs(World world) {
    var limit =
        WindowedLimit.newBuilder().build(Gradient2Limit.newBuilder().minLimit(1).build());
    return world.run(
        new Gate() {
          private int usage;

          @Override
          public void request(Consumer<Runnable> start) {
            if (usage < limit.getLimit()) {
              int seen = ++usage;
              long begun = world.time.nanoTime();
              start.accept(() -> {
                usage--;
                limit.onSample(begun, world.time.nanoTime() - begun, seen, /* didDrop= */ false);
              });
            }
          }
        },
        limit::getLimit);
  }

  private static void put(double[][] columns, int row, Outcome outcome) {
    columns[0][row] = outcome.goodput;
    columns[1][row] = outcome.medianMillis;
    columns[2][row] = outcome.movedPercent;
  }

  private static Line line(
      String id, String measure, String unit, double[] ours, double[] theirs, Goal goal) {
    return new Line(id, measure, unit, Duel.median(ours), Duel.median(theirs), goal);
  }

  /** What half an hour brought. */
  private record Outcome(double goodput, double medianMillis, double movedPercent) {}

  /** A server and its own time. */
  private static final class World {

    final VirtualTime time = new VirtualTime();
    private final SplittableRandom random;

    World(long seed) {
      random = new SplittableRandom(seed);
    }

    Outcome run(Gate gate, IntSupplier limit) {
      var server = new SimulatedServer(time, 10, SimulatedServer.exponential(random, SERVICE));
      var load = new SimulatedLoad(time, random, server, 1.5 * CAPACITY, List.of(gate));
      load.run(Duration.ofMinutes(1));
      double early = mean(load, limit);
      var report = load.run(Duration.ofMinutes(MINUTES - 2));
      double late = mean(load, limit);
      return new Outcome(
          report.servedPerSecond() / CAPACITY,
          report.median().toNanos() / 1e6,
          100 * Math.abs(late / early - 1));
    }

    /** Returns the mean limit of the next minute. */
    private static double mean(SimulatedLoad load, IntSupplier limit) {
      double sum = 0;
      for (int second = 0; second < 60; second++) {
        load.run(Duration.ofSeconds(1));
        sum += limit.getAsInt();
      }
      return sum / 60;
    }
  }
}
