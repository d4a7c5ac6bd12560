package dev.scaling.resilience;

import dev.scaling.core.internal.Checks;
import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * Sets up how a {@link Resilience} refuses calls by itself while its dependency refuses too many.
 * Not safe for use by many threads.
 */
public final class ThrottleBuilder {

  private double k = 2;
  private Duration window = Duration.ofMinutes(2);
  private double minimumPerSecond = 5;

  ThrottleBuilder() {}

  /**
   * Sets how many calls may reach the dependency for each that it accepts. Less refuses sooner, and
   * notices a recovery later.
   *
   * @param k from 1.01 to 10; the default is 2: nothing is refused here while the dependency
   *     accepts at least one half
   */
  public ThrottleBuilder k(double k) {
    Checks.argument(k >= 1.01 && k <= 10, "k must be in [1.01, 10]: %s", k);
    this.k = k;
    return this;
  }

  /**
   * Sets over how long calls are counted. It must be longer than any call lasts; after a long
   * outage it takes about two windows until all calls are made again.
   *
   * @param window from 1 second to 1 hour, exact to a sixtieth; the default is 2 minutes
   */
  public ThrottleBuilder window(Duration window) {
    this.window = Checks.duration("window", window, Duration.ofSeconds(1), Duration.ofHours(1));
    return this;
  }

  /**
   * Sets how many calls there must be a second, on average over the window, before any is refused:
   * few calls are no load, and say little about the dependency.
   *
   * @param minimumPerSecond from 0 to 1,000,000; the default is 5, which is 600 calls in 2 minutes
   */
  public ThrottleBuilder minimumPerSecond(double minimumPerSecond) {
    Checks.argument(
        minimumPerSecond >= 0 && minimumPerSecond <= 1_000_000,
        "minimumPerSecond must be in [0, 1000000]: %s",
        minimumPerSecond);
    this.minimumPerSecond = minimumPerSecond;
    return this;
  }

  ThrottleRule rule() {
    return new ThrottleRule(k, window.toNanos(), minimumPerSecond * window.toNanos() / 1e9);
  }

  /**
   * Returns the throttle.
   *
   * @param random what refusals are drawn from; used by many threads
   * @param nowNanos by the clock of all calls
   */
  Throttle build(RandomGenerator random, long nowNanos) {
    return new Throttle(rule(), random, nowNanos);
  }
}
