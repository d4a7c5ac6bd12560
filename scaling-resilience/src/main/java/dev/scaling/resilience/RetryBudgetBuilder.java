package dev.scaling.resilience;

import dev.scaling.core.Time;
import dev.scaling.core.internal.Checks;
import io.opentelemetry.api.OpenTelemetry;
import org.jspecify.annotations.Nullable;

/** Sets up a {@link RetryBudget}. Not safe for use by many threads. */
public final class RetryBudgetBuilder {

  final String name;
  double ratio = 0.1;
  double burst = 10;
  double minimumPerSecond;
  double inFlightRatio = 0.2;
  int inFlightMinimum = 3;
  Time time = Time.system();

  @Nullable
  OpenTelemetry openTelemetry;

  RetryBudgetBuilder(String name) {
    this.name = Checks.name("name", name);
  }

  /**
   * Sets how many tokens a call puts in whose first attempt succeeds: the share of calls whose
   * retries may fail.
   *
   * @param ratio from 0 to 1; the default is 0.1
   */
  public RetryBudgetBuilder ratio(double ratio) {
    Checks.argument(ratio >= 0 && ratio <= 1, "ratio must be in [0, 1]: %s", ratio);
    this.ratio = ratio;
    return this;
  }

  /**
   * Sets how many tokens there are at most, and at the start: so many retries may fail at once when
   * an outage begins. Each instance of a service has as many.
   *
   * @param burst from 1 to 10,000; the default is 10
   */
  public RetryBudgetBuilder burst(double burst) {
    Checks.argument(burst >= 1 && burst <= 10_000, "burst must be in [1, 10000]: %s", burst);
    this.burst = burst;
    return this;
  }

  /**
   * Sets how many tokens come in each second whatever happens, for callers so rare that successes
   * alone would pay for nothing. In an outage that is load that no success has paid for.
   *
   * @param minimumPerSecond from 0 to 1,000; the default is 0
   */
  public RetryBudgetBuilder minimumPerSecond(double minimumPerSecond) {
    Checks.argument(
        minimumPerSecond >= 0 && minimumPerSecond <= 1_000,
        "minimumPerSecond must be in [0, 1000]: %s",
        minimumPerSecond);
    this.minimumPerSecond = minimumPerSecond;
    return this;
  }

  /**
   * Sets which share of the calls under way may be at a later attempt than the first.
   *
   * @param inFlightRatio from 0 to 1; the default is 0.2
   */
  public RetryBudgetBuilder inFlightRatio(double inFlightRatio) {
    Checks.argument(
        inFlightRatio >= 0 && inFlightRatio <= 1,
        "inFlightRatio must be in [0, 1]: %s",
        inFlightRatio);
    this.inFlightRatio = inFlightRatio;
    return this;
  }

  /**
   * Sets how many calls more than that share may be at a later attempt, so that few calls can be
   * retried too.
   *
   * @param inFlightMinimum from 0 to 1,000; the default is 3
   */
  public RetryBudgetBuilder inFlightMinimum(int inFlightMinimum) {
    this.inFlightMinimum = (int) Checks.range("inFlightMinimum", inFlightMinimum, 0, 1_000);
    return this;
  }

  /** Sets the source of time; the default is {@link Time#system()}. */
  public RetryBudgetBuilder time(Time time) {
    this.time = Checks.notNull(time, "time");
    return this;
  }

  /** Sets where meters go; the default is the global instance, if there is one. */
  public RetryBudgetBuilder openTelemetry(OpenTelemetry openTelemetry) {
    this.openTelemetry = Checks.notNull(openTelemetry, "openTelemetry");
    return this;
  }

  /**
   * Returns the budget, full.
   *
   * @throws IllegalStateException if no retry could ever be under way
   */
  public RetryBudget build() {
    Checks.agreement(
        inFlightMinimum > 0 || inFlightRatio > 0,
        "inFlightMinimum and inFlightRatio must not both be 0: no retry could begin");
    return new RetryBudget(this);
  }
}
