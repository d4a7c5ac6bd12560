package dev.scaling.examples.overload;

import dev.scaling.concurrency.adaptive.AdaptiveLimit;
import dev.scaling.testkit.SimulatedLoad;
import dev.scaling.testkit.SimulatedServer;
import dev.scaling.testkit.VirtualTime;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.function.LongSupplier;

/**
 * Six minutes of a server with ten workers, behind a limit that knows nothing about it: overload, a
 * server that gets slower, one that gets larger. In virtual time, so it takes a second.
 *
 * <p>Run: {@code mvn -q -B -ntp -Poverload -pl examples -am -DskipTests package}
 */
public final class OverloadMain {

  private static final Duration STEP = Duration.ofSeconds(30);

  private final VirtualTime time = new VirtualTime();
  private final SplittableRandom random = new SplittableRandom(1);
  private final SimulatedServer server = new SimulatedServer(time, 10, takes(10));
  private final AdaptiveLimit limit = AdaptiveLimit.builder("server")
      .time(time)
      .executor(Runnable::run)
      .maximumWaiting(0) // who is not let in is refused
      .build();
  private final SimulatedLoad load = new SimulatedLoad(
      time,
      random,
      server,
      /* perSecond= */ 1_500,
      List.of(start -> limit.tryAcquire().ifPresent(permit -> start.accept(permit::success))));
  private final PrintStream out;

  private OverloadMain(PrintStream out) {
    this.out = out;
  }

  /** Runs it, and prints a line every half a minute. */
  public static void main(String[] args) {
    new OverloadMain(System.out).run();
  }

  static void run(PrintStream out) {
    new OverloadMain(out).run();
  }

  private void run() {
    out.println("  s   asked/s  served/s  median ms  limit");
    watch("10 workers of 10 ms each, good for 1,000 a second");
    server.serviceNanos(takes(30));
    watch("each takes 30 ms: 333 a second");
    server.serviceNanos(takes(10));
    server.workers(30);
    load.perSecond(4_500);
    watch("30 workers of 10 ms each: 3,000 a second");
    limit.close();
  }

  private void watch(String what) {
    out.println("-- " + what);
    for (int i = 0; i < 4; i++) {
      var report = load.run(STEP);
      out.printf(
          Locale.ROOT,
          "%3d %9d %9.0f %10.1f %6d%n",
          Duration.ofNanos(time.nanoTime()).toSeconds(),
          report.requests() / STEP.toSeconds(),
          report.servedPerSecond(),
          report.median().toNanos() / 1e6,
          limit.snapshot().limit());
    }
  }

  private LongSupplier takes(int millis) {
    return SimulatedServer.exponential(random, Duration.ofMillis(millis));
  }
}
