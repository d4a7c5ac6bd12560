package dev.scaling.testkit;

import dev.scaling.core.internal.Checks;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/**
 * Requests that arrive at random at a {@link SimulatedServer}, each by a gate that decides whether
 * and when it may go there. They arrive each on its own, as those of many users do (a Poisson
 * process), and whatever became of those before them.
 *
 * <p>Not safe for use by many threads: use it on the one that advances the time.
 */
public final class SimulatedLoad {

  private static final double MOST_PER_SECOND = 1e9;

  private final VirtualTime time;
  private final RandomGenerator random;
  private final SimulatedServer server;
  private final List<Gate> gates;
  private double perSecond;
  private boolean started;

  // Of the run under way.
  private long requests;
  private int served;
  private long[] latencyNanos = new long[1_024];

  /**
   * Creates a load.
   *
   * @param random what arrivals are drawn from, and which gate each comes by
   * @param perSecond requests a second over all gates, above 0 and at most 1,000,000,000
   * @param gates those of the instances of a service; at least one
   */
  public SimulatedLoad(
      VirtualTime time,
      RandomGenerator random,
      SimulatedServer server,
      double perSecond,
      List<Gate> gates) {
    this.time = Checks.notNull(time, "time");
    this.random = Checks.notNull(random, "random");
    this.server = Checks.notNull(server, "server");
    this.gates = List.copyOf(gates);
    Checks.argument(!this.gates.isEmpty(), "gates must not be empty: %s", gates);
    perSecond(perSecond);
  }

  /** Changes how many requests arrive a second, from the next arrival but one. */
  public void perSecond(double perSecond) {
    Checks.argument(
        perSecond > 0 && perSecond <= MOST_PER_SECOND,
        "perSecond must be in (0, 1e9]: %s",
        perSecond);
    this.perSecond = perSecond;
  }

  /** Lets requests arrive for a while, and returns what became of those that ended in it. */
  public Report run(Duration elapsed) {
    requests = 0;
    served = 0;
    if (!started) {
      started = true;
      scheduleNext();
    }
    time.advance(elapsed);
    var sorted = Arrays.copyOf(latencyNanos, served);
    Arrays.sort(sorted);
    return new Report(
        requests,
        served,
        served / (elapsed.toNanos() / 1e9),
        quantile(sorted, 0.5),
        quantile(sorted, 0.99));
  }

  private void scheduleNext() {
    var gap = Duration.ofNanos((long) (random.nextExponential() * 1e9 / perSecond));
    time.schedule(
        () -> {
          scheduleNext();
          requests++;
          gates.get(random.nextInt(gates.size())).request(this::serve);
        },
        gap);
  }

  private void serve(Runnable whenDone) {
    long start = time.nanoTime();
    server.handle(() -> {
      if (served == latencyNanos.length) {
        latencyNanos = Arrays.copyOf(latencyNanos, 2 * served);
      }
      latencyNanos[served++] = time.nanoTime() - start;
      whenDone.run();
    });
  }

  private static Duration quantile(long[] sorted, double quantile) {
    return sorted.length == 0
        ? Duration.ZERO
        : Duration.ofNanos(sorted[(int) (quantile * (sorted.length - 1))]);
  }

  /** What stands between requests and the server: a limit, a queue, a retry. */
  @FunctionalInterface
  public interface Gate {

    /**
     * Decides about a request: sends it to the server by {@code start}, at once, later, or never.
     *
     * @param start sends the request; takes what is to run when the server has done it
     */
    void request(Consumer<Runnable> start);
  }

  /**
   * What became of the requests of a run.
   *
   * @param requests how many arrived
   * @param served how many the server did
   * @param servedPerSecond the same a second
   * @param median the time from the gate to the end, of the median request that was done
   * @param percentile99 the same at the 99th percentile
   */
  public record Report(
      long requests, long served, double servedPerSecond, Duration median, Duration percentile99) {}
}
