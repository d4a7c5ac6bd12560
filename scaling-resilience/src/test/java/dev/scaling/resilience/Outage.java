package dev.scaling.resilience;

import dev.scaling.testkit.SimulatedServer;
import dev.scaling.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;

/**
 * Many clients of one server in virtual time: it serves 1,000 requests a second, and only a fifth
 * of that for ten seconds, while as many calls come as before. A client waits for half a second.
 */
final class Outage {

  private static final int CLIENTS = 100;
  private static final int SECONDS = 200;
  private static final int FROM = 30; // seconds
  private static final int UNTIL = 40;
  private static final Duration TIMEOUT = Duration.ofMillis(500);
  private static final Duration BACKOFF = Duration.ofMillis(100);

  private final VirtualTime time;
  private final Random random;
  private final SimulatedServer server;
  private final List<RetryPolicy> clients = new ArrayList<>();
  private final Backoff backoff = Backoff.fullJitter(BACKOFF, BACKOFF.multipliedBy(4));
  private final double perSecond;
  private final int[] calls = new int[SECONDS + 10];
  private final int[] attempts = new int[SECONDS + 10];
  private final int[] successes = new int[SECONDS + 10];

  private Outage(VirtualTime time, Supplier<RetryPolicy> policies, double perSecond, long seed) {
    this.time = time;
    this.perSecond = perSecond;
    random = new Random(seed);
    server = new SimulatedServer(time, 10, this::serviceNanos);
    for (int i = 0; i < CLIENTS; i++) {
      clients.add(policies.get());
    }
  }

  /** Lets it come and go; the policies may be one and the same. */
  static Result run(VirtualTime time, Supplier<RetryPolicy> policies, double perSecond, long seed) {
    var outage = new Outage(time, policies, perSecond, seed);
    outage.arrive();
    time.advance(Duration.ofSeconds(SECONDS));
    return outage.result();
  }

  private long serviceNanos() {
    boolean isSlow = second() >= FROM && second() < UNTIL;
    return isSlow ? 50_000_000 : 10_000_000;
  }

  private void arrive() {
    var gap = Duration.ofNanos((long) (random.nextExponential() * 1e9 / perSecond));
    time.schedule(
        () -> {
          arrive();
          calls[second()]++;
          send(clients.get(random.nextInt(CLIENTS)).begin(), 1);
        },
        gap);
  }

  private void send(RetryPolicy.Call call, int attempt) {
    attempts[second()]++;
    var open = new boolean[] {true};
    var timer = time.schedule(
        () -> {
          open[0] = false;
          if (call.failed(attempt)) {
            var wait = Duration.ofNanos(backoff.nanos(attempt, 0, random));
            time.schedule(() -> send(call, attempt + 1), wait);
          }
        },
        TIMEOUT);
    server.handle(() -> {
      if (open[0]) { // or nobody waits for it any more, and the work was for nothing
        timer.cancel();
        successes[second()]++;
        call.succeeded(attempt);
      }
    });
  }

  private int second() {
    return (int) (time.nanoTime() / 1_000_000_000);
  }

  private Result result() {
    int recovery = Integer.MAX_VALUE;
    for (int i = SECONDS - 11; i >= UNTIL; i--) {
      if (sum(successes, i, 10) >= 0.95 * sum(calls, i, 10)) {
        recovery = i - UNTIL;
      }
    }
    double peak = 0;
    for (int i = FROM; i < SECONDS - 5; i++) {
      peak = Math.max(peak, sum(attempts, i, 5) / sum(calls, i, 5));
    }
    return new Result(recovery, peak);
  }

  private static double sum(int[] counts, int from, int seconds) {
    int sum = 0;
    for (int i = from; i < from + seconds; i++) {
      sum += counts[i];
    }
    return sum;
  }

  /**
   * How it went.
   *
   * @param recoverySeconds from the end of the trouble until 95 % of the calls of ten seconds are
   *     served; {@link Integer#MAX_VALUE} if that does not come within 150
   * @param peakAmplification the most attempts a call over any five seconds
   */
  record Result(int recoverySeconds, double peakAmplification) {

    boolean isRecovered() {
      return recoverySeconds < Integer.MAX_VALUE;
    }
  }
}
