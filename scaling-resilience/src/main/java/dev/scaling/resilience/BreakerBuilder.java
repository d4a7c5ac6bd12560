package dev.scaling.resilience;

import dev.scaling.core.RejectedException;
import dev.scaling.core.internal.Checks;
import java.time.Duration;
import java.util.function.Predicate;

/** Sets up when a {@link Resilience} breaks the circuit. Not safe for use by many threads. */
public final class BreakerBuilder {

  private static final Duration LEAST = Duration.ofMillis(10);
  private static final Duration MOST = Duration.ofHours(1);

  double failureRatio = 0.5;
  int minimumCalls = 20;
  Duration window = Duration.ofSeconds(10);
  Duration firstWait = Duration.ofSeconds(5);
  Duration longestWait = Duration.ofSeconds(60);
  int probes = 3;
  Duration longestProbe = Duration.ofSeconds(30);
  Predicate<Throwable> failure = thrown -> !(thrown instanceof RejectedException);

  BreakerBuilder() {}

  /**
   * Sets which part of the attempts of the window must have failed for the circuit to open.
   *
   * @param ratio from 0.01 to 1; the default is 0.5
   */
  public BreakerBuilder failureRatio(double ratio) {
    Checks.argument(ratio >= 0.01 && ratio <= 1, "failureRatio must be in [0.01, 1]: %s", ratio);
    failureRatio = ratio;
    return this;
  }

  /**
   * Sets how many attempts must have ended in the window before it says anything.
   *
   * @param calls from 1 to 1,000,000; the default is 20
   */
  public BreakerBuilder minimumCalls(int calls) {
    minimumCalls = (int) Checks.range("minimumCalls", calls, 1, 1_000_000);
    return this;
  }

  /**
   * Sets over which time outcomes are counted, exact to a tenth of it.
   *
   * @param window from 10 milliseconds to 1 hour; the default is 10 seconds
   */
  public BreakerBuilder window(Duration window) {
    this.window = Checks.duration("window", window, LEAST, MOST);
    return this;
  }

  /**
   * Sets how long the circuit stays open before it lets probes through. The wait is drawn between
   * the half of a ceiling and all of it, so that the instances of a service do not probe together;
   * the ceiling doubles each time that the probes fail.
   *
   * @param first ceiling, from 10 milliseconds to 1 hour; the default is 5 seconds
   * @param longest ceiling, from {@code first} to 1 hour; the default is 60 seconds
   */
  public BreakerBuilder openWait(Duration first, Duration longest) {
    firstWait = Checks.duration("first", first, LEAST, MOST);
    longestWait = Checks.duration("longest", longest, first, MOST);
    return this;
  }

  /**
   * Sets how many attempts are let through once the wait is over. When all have ended the circuit
   * closes, or opens again if at least {@link #failureRatio} of them failed.
   *
   * @param probes from 1 to 1,000; the default is 3
   */
  public BreakerBuilder probes(int probes) {
    this.probes = (int) Checks.range("probes", probes, 1, 1_000);
    return this;
  }

  /**
   * Sets after which time a probe that has not ended counts as failed, so that one that hangs does
   * not keep the circuit half open.
   *
   * @param longest from 10 milliseconds to 1 hour; the default is 30 seconds
   */
  public BreakerBuilder longestProbe(Duration longest) {
    longestProbe = Checks.duration("longestProbe", longest, LEAST, MOST);
    return this;
  }

  /**
   * Sets what counts as a failure; all else that is thrown counts as a success, since the callee
   * has answered. The default is everything but a {@link RejectedException}. An attempt that was
   * cancelled or interrupted, or that ended in an {@link Error}, does not count at all. If the
   * predicate throws, it counts as a failure.
   */
  public BreakerBuilder failure(Predicate<Throwable> failure) {
    this.failure = Checks.notNull(failure, "failure");
    return this;
  }
}
