package dev.scaling.resilience;

import dev.scaling.core.internal.Checks;
import java.time.Duration;

/** Sets up when a {@link Resilience} sends a hedge. Not safe for use by many threads. */
public final class HedgeBuilder {

  private static final int BURST = 10;
  private static final Duration TTL = Duration.ofSeconds(10);
  private static final int LEAST_SAMPLES = 100;

  private double quantile = 0.95;
  private double maximumExtraLoad = 0.05;
  private Duration window = Duration.ofSeconds(10);
  private Duration minimumDelay = Duration.ofMillis(1);

  HedgeBuilder() {}

  /**
   * Sets after which quantile of the latencies of first attempts a hedge is sent. None is before
   * 100 of them have ended in the window.
   *
   * @param quantile from 0.5 to 0.9999; the default is 0.95
   */
  public HedgeBuilder quantile(double quantile) {
    Checks.argument(
        quantile >= 0.5 && quantile <= 0.9999, "quantile must be in [0.5, 0.9999]: %s", quantile);
    this.quantile = quantile;
    return this;
  }

  /**
   * Sets how many hedges there are for each call at most, besides ten at once.
   *
   * @param maximumExtraLoad from 0.001 to 1; the default is 0.05
   */
  public HedgeBuilder maximumExtraLoad(double maximumExtraLoad) {
    Checks.argument(
        maximumExtraLoad >= 0.001 && maximumExtraLoad <= 1,
        "maximumExtraLoad must be in [0.001, 1]: %s",
        maximumExtraLoad);
    this.maximumExtraLoad = maximumExtraLoad;
    return this;
  }

  /**
   * Sets over which time latencies are known, exact to a tenth of it.
   *
   * @param window from 1 second to 10 minutes; the default is 10 seconds
   */
  public HedgeBuilder window(Duration window) {
    this.window = Checks.duration("window", window, Duration.ofSeconds(1), Duration.ofMinutes(10));
    return this;
  }

  /**
   * Sets after which time a hedge is sent at the soonest, whatever the quantile.
   *
   * @param delay from zero to 1 minute; the default is 1 millisecond
   */
  public HedgeBuilder minimumDelay(Duration delay) {
    minimumDelay = Checks.duration("minimumDelay", delay, Duration.ZERO, Duration.ofMinutes(1));
    return this;
  }

  LatencyWindow latencies(long nowNanos) {
    return new LatencyWindow(quantile, window, LEAST_SAMPLES, nowNanos);
  }

  HedgeRule build(RetryBudget budget, long nowNanos) {
    return new HedgeRule(
        quantile,
        maximumExtraLoad,
        minimumDelay.toNanos(),
        budget,
        new HedgeBudget(maximumExtraLoad, BURST, TTL, nowNanos));
  }
}
