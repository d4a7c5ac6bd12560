package dev.scaling.testkit;

import dev.scaling.core.Time;
import dev.scaling.core.internal.Checks;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * Many clients of one server in virtual time, while it is too slow for some seconds. Shows whether
 * what the clients do about failures lets the server recover, or keeps it down for good: a server
 * whose queue is longer than its clients' patience works for nobody, and retries keep it so.
 *
 * <p>Calls come at random, whatever became of those before. A client gives an attempt up after its
 * timeout; the server does not hear of that.
 *
 * <p>Not safe for use by many threads: use it on the one that advances the time.
 */
public final class SimulatedOutage {

  /*
   * An open queueing model with one tier. Metastable failures of this kind are described by N. Bronson et
   * al., Metastable failures in distributed systems, HotOS 2021, https://doi.org/10.1145/3458336.3465286
   */

  private static final int WINDOW = 10; // seconds, over which it must serve enough
  private static final int PEAK = 5; // seconds, over which the most attempts a call are sought
  private static final double ENOUGH = 0.95; // of the calls

  private final VirtualTime time;
  private final RandomGenerator random;
  private final SimulatedServer server;
  private final List<Client> clients;
  private final double perSecond;
  private final Duration timeout;
  private final TimeoutException timedOut; // one for all: its trace would cost more than all else
  private final int troubleSecond;
  private final int endOfTroubleSecond;
  private final int[] calls;
  private final int[] attempts;
  private final int[] successes;
  private final long beganNanos;

  SimulatedOutage(SimulatedOutageBuilder builder, List<Client> clients) {
    time = builder.time;
    random = builder.random;
    perSecond = builder.perSecond;
    timeout = builder.timeout;
    timedOut = new TimeoutException("no reply within " + timeout);
    this.clients = clients;
    troubleSecond = SimulatedOutageBuilder.BEFORE_SECONDS;
    endOfTroubleSecond = troubleSecond + builder.troubleSeconds;
    int seconds = endOfTroubleSecond + builder.afterSeconds;
    calls = new int[seconds];
    attempts = new int[seconds];
    successes = new int[seconds];
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
    time.advance(Duration.ofSeconds(calls.length));
    int recovered = -1;
    for (int i = calls.length - WINDOW; i >= endOfTroubleSecond; i--) {
      if (sum(successes, i, WINDOW) >= ENOUGH * sum(calls, i, WINDOW)) {
        recovered = i - endOfTroubleSecond;
      }
    }
    double peak = 0;
    for (int i = troubleSecond; i <= calls.length - PEAK; i++) {
      peak = Math.max(peak, sum(attempts, i, PEAK) / sum(calls, i, PEAK));
    }
    boolean isRecovered = recovered >= 0;
    return new Report(isRecovered, Duration.ofSeconds(Math.max(0, recovered)), peak);
  }

  private boolean isInTrouble() {
    int second = second();
    return second >= troubleSecond && second < endOfTroubleSecond;
  }

  private void arrive() {
    var gap = Duration.ofNanos((long) (random.nextExponential() * 1e9 / perSecond));
    time.schedule(
        () -> {
          if (second() >= calls.length) {
            return;
          }
          arrive();
          calls[second()]++;
          var succeeded = clients.get(random.nextInt(clients.size())).call(this::attempt);
          succeeded.handle((value, failure) -> { // which wraps no failure, unlike its siblings
            if (failure == null && second() < calls.length) {
              successes[second()]++;
            }
            return value;
          });
        },
        gap);
  }

  private CompletableFuture<Void> attempt() {
    if (second() < calls.length) {
      attempts[second()]++;
    }
    var reply = new CompletableFuture<Void>();
    Time.Cancellable timer = time.schedule(() -> reply.completeExceptionally(timedOut), timeout);
    server.handle(() -> {
      if (reply.complete(null)) { // else in vain: nobody waits for it any more
        timer.cancel();
      }
    });
    return reply;
  }

  private int second() {
    return (int) TimeUnit.NANOSECONDS.toSeconds(time.nanoTime() - beganNanos);
  }

  private static double sum(int[] counts, int from, int seconds) {
    int sum = 0;
    for (int i = from; i < from + seconds; i++) {
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
     * @param attempt sends it once; fails with a {@link TimeoutException} if no reply comes in time
     * @return completes when the call ends, exceptionally if it failed
     */
    CompletableFuture<?> call(Supplier<CompletableFuture<Void>> attempt);
  }

  /**
   * How it went.
   *
   * @param isRecovered whether 95 % of the calls of some ten seconds were served, once the server
   *     was as fast as before
   * @param recovery from then until the first of such ten seconds; zero if that never came
   * @param peakAmplification the most attempts a call, over any five seconds from the trouble on
   */
  public record Report(boolean isRecovered, Duration recovery, double peakAmplification) {

    /**
     * Fails unless the server recovered soon enough.
     *
     * @param within from the moment it is as fast as before
     */
    public void assertRecovers(Duration within) {
      Checks.notNull(within, "within");
      if (!isRecovered || recovery.compareTo(within) > 0) {
        throw new AssertionError("the server must recover within "
            + within
            + " of the end of its trouble, and "
            + (isRecovered ? "took " + recovery : "did not recover at all")
            + "; there were up to "
            + String.format(Locale.ROOT, "%.2f", peakAmplification)
            + " attempts a call");
      }
    }
  }
}
