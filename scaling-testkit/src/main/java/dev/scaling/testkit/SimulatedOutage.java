package dev.scaling.testkit;

import dev.scaling.core.Time;
import dev.scaling.core.internal.Checks;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * Many clients of one server in virtual time, while it is too slow for some seconds. Shows whether
 * what the clients do about failures lets the server recover, or keeps it down for good: a server
 * whose queue is longer than its clients' patience works for nobody, and retries keep it so.
 *
 * <p>Calls come at random, whatever became of those before. A client gives an attempt up after its
 * timeout; the server does not hear of that, but may know beforehand how long that is, see
 * {@link SimulatedOutageBuilder#dropsLateWork}.
 *
 * <p>Not safe for use by many threads: use it on the one that advances the time.
 */
public final class SimulatedOutage {

  /*
   * An open queueing model with one tier. Metastable failures of this kind are described by N. Bronson et
   * al., Metastable failures in distributed systems, HotOS 2021, https://doi.org/10.1145/3458336.3465286
   */

  private static final Duration STEP = Duration.ofMillis(100); // in which all is counted
  private static final int SECOND = 10; // steps
  private static final int WINDOW = 10 * SECOND; // in which it must serve enough
  private static final int PEAK = 5 * SECOND; // in which the most attempts a call are sought
  private static final double ENOUGH = 0.95; // of the calls
  private static final Duration UNLIMITED = Duration.ofDays(1); // more than any timeout

  private final VirtualTime time;
  private final RandomGenerator random;
  private final SimulatedServer server;
  private final List<Client> clients;
  private final double perSecond;
  private final Duration timeout;
  private final TimeoutException timedOut; // one for all: its trace would cost more than all else
  private final boolean dropsLateWork;
  private final int troubleStep;
  private final int endOfTroubleStep;

  // By step.
  private final int[] calls;
  private final int[] attempts;
  private final int[] successes;
  private final int[] callsServed; // of those that came in the step, whenever that was

  private final long beganNanos;

  SimulatedOutage(SimulatedOutageBuilder builder, List<Client> clients) {
    time = builder.time;
    random = builder.random;
    perSecond = builder.perSecond;
    timeout = builder.timeout;
    timedOut = new TimeoutException("no reply in time");
    dropsLateWork = builder.dropsLateWork;
    this.clients = clients;
    troubleStep = SimulatedOutageBuilder.BEFORE_SECONDS * SECOND;
    endOfTroubleStep = troubleStep + builder.troubleSeconds * SECOND;
    int steps = endOfTroubleStep + builder.afterSeconds * SECOND;
    calls = new int[steps];
    attempts = new int[steps];
    successes = new int[steps];
    callsServed = new int[steps];
    beganNanos = time.nanoTime();
    long usual = (long) (builder.workers * 1e9 / builder.capacityPerSecond);
    long slow = (long) (usual / builder.troubleRatio);
    server = new SimulatedServer(time, builder.workers, () -> isInTrouble() ? slow : usual);
  }

  /** Begins to set an outage up. */
  public static SimulatedOutageBuilder builder(VirtualTime time, RandomGenerator random) {
    return new SimulatedOutageBuilder(time, random);
  }

  Report run() {
    arrive();
    time.advance(STEP.multipliedBy(calls.length));
    int recovered = firstServed();
    return new Report(
        recovered >= 0,
        STEP.multipliedBy(Math.max(0, recovered)),
        peakAmplification(),
        successRatio(0, troubleStep),
        successRatio(troubleStep, endOfTroubleStep),
        successRatio(endOfTroubleStep, calls.length));
  }

  /** Returns how many steps after the trouble a window begins that is served, or -1. */
  private int firstServed() {
    for (int i = endOfTroubleStep; i <= calls.length - WINDOW; i++) {
      if (sum(successes, i, i + WINDOW) >= ENOUGH * sum(calls, i, i + WINDOW)) {
        return i - endOfTroubleStep;
      }
    }
    return -1;
  }

  private double peakAmplification() {
    double peak = 0;
    for (int i = troubleStep; i <= calls.length - PEAK; i += SECOND) {
      peak = Math.max(peak, sum(attempts, i, i + PEAK) / Math.max(1, sum(calls, i, i + PEAK)));
    }
    return peak;
  }

  private double successRatio(int from, int to) {
    return sum(callsServed, from, to) / Math.max(1, sum(calls, from, to));
  }

  private boolean isInTrouble() {
    int step = step();
    return step >= troubleStep && step < endOfTroubleStep;
  }

  private void arrive() {
    var gap = Duration.ofNanos((long) (random.nextExponential() * 1e9 / perSecond));
    time.schedule(
        () -> {
          int begun = step();
          if (begun >= calls.length) {
            return;
          }
          arrive();
          calls[begun]++;
          var succeeded = clients.get(random.nextInt(clients.size())).call(this::send);
          succeeded.handle((value, failure) -> { // which wraps no failure, unlike its siblings
            if (failure == null && step() < calls.length) {
              successes[step()]++;
              callsServed[begun]++;
            }
            return value;
          });
        },
        gap);
  }

  private CompletableFuture<Void> send(Duration remaining) {
    var patience =
        Checks.notNull(remaining, "remaining").compareTo(timeout) < 0 ? remaining : timeout;
    if (step() < calls.length) {
      attempts[step()]++;
    }
    var reply = new CompletableFuture<Void>();
    Time.Cancellable timer = time.schedule(() -> reply.completeExceptionally(timedOut), patience);
    long lateNanos = time.nanoTime() + patience.toNanos();
    server.handle(() -> !dropsLateWork || time.nanoTime() - lateNanos < 0, () -> {
      if (reply.complete(null)) { // else in vain: nobody waits for it any more
        timer.cancel();
      }
    });
    return reply;
  }

  private int step() {
    return (int) ((time.nanoTime() - beganNanos) / STEP.toNanos());
  }

  private static double sum(int[] counts, int from, int to) {
    int sum = 0;
    for (int i = from; i < to; i++) {
      sum += counts[i];
    }
    return sum;
  }

  /** A client: what it does to get one call done. */
  @FunctionalInterface
  public interface Client {

    /**
     * Makes a call.
     *
     * @param attempt sends it once, each time it is asked to
     * @return completes when the call ends, exceptionally if it failed
     */
    CompletableFuture<?> call(Sender attempt);
  }

  /**
   * Sends attempts of one call. An attempt fails with a {@link TimeoutException} if no reply comes
   * in time.
   */
  @FunctionalInterface
  public interface Sender extends Supplier<CompletableFuture<Void>> {

    /**
     * Sends once, and tells the server for how long its caller waits.
     *
     * @param remaining what is left of the call's time; the caller waits for that or for the
     *     timeout, whichever is shorter. If nothing is left, it is sent all the same, in vain
     */
    CompletableFuture<Void> send(Duration remaining);

    /** Sends once, for a caller who waits as long as the timeout. */
    @Override
    default CompletableFuture<Void> get() {
      return send(UNLIMITED);
    }
  }

  /**
   * How it went. Ratios are from 0 to 1, of the calls that came in that time; a call that has not
   * ended at the end of the simulation has not succeeded.
   *
   * @param isRecovered whether in some ten seconds, once the server was as fast as before, as many
   *     calls succeeded as are 95 % of those that came
   * @param recovery from then until the first of such ten seconds, in steps of 100 milliseconds;
   *     zero if that never came. These ten seconds may begin with half a second without any success
   * @param peakAmplification the most attempts a call, over any five seconds from the trouble on
   * @param successBefore which ratio of the calls before the trouble succeeded
   * @param successDuring the same while it lasted
   * @param successAfter the same from its end to the end of the simulation
   */
  public record Report(
      boolean isRecovered,
      Duration recovery,
      double peakAmplification,
      double successBefore,
      double successDuring,
      double successAfter) {

    /**
     * Fails unless the server recovered soon enough, and says how it went.
     *
     * @param within from the moment it is as fast as before
     */
    public void assertRecovers(Duration within) {
      Checks.notNull(within, "within");
      if (!isRecovered || recovery.compareTo(within) > 0) {
        throw new AssertionError(String.format(
            Locale.ROOT,
            "the server must recover within %s of the end of its trouble, and %s; there were up to"
                + " %.2f attempts a call, and of the calls %.1f %% succeeded before, %.1f %% during and"
                + " %.1f %% after the trouble",
            within,
            isRecovered ? "took " + recovery : "did not recover at all",
            peakAmplification,
            100 * successBefore,
            100 * successDuring,
            100 * successAfter));
      }
    }
  }
}
