package dev.scaling.concurrency.limit;

import dev.scaling.core.internal.Checks;
import java.time.Duration;

/**
 * Whether an instance takes permits in advance, so that most calls need no round trip.
 *
 * <p>An instance takes of a busy key what it needs for {@code horizon}, as far as its share of the
 * rate goes, and drops what it has not used after twice that time. A key so slow that the share is
 * less than one permit is asked for one by one, as without allotments.
 *
 * <p>What is taken in advance may be used a little later than it was granted. So in a window of
 * time as many permits more than the limits say may be used as are allotted when it begins: at most
 * {@code rate * 2 * horizon}, and none in the long run. {@link #strict} takes that off the burst
 * beforehand, so that the limits themselves hold.
 *
 * @param horizon from 1 millisecond to 10 seconds
 * @param isStrict whether the limits hold exactly, at the price of burst
 */
public record Allotment(Duration horizon, boolean isStrict) {

  /** Checks the horizon. */
  public Allotment {
    Checks.duration("horizon", horizon, Duration.ofMillis(1), Duration.ofSeconds(10));
  }

  /** Returns allotments that may exceed the limits by {@code rate * 2 * horizon} for a moment. */
  public static Allotment adaptive(Duration horizon) {
    return new Allotment(horizon, /* isStrict= */ false);
  }

  /**
   * Returns allotments that never exceed the limits: each burst is made smaller by what the rate
   * refills in {@code 2 * horizon}. A use costs a look at the clock more.
   */
  public static Allotment strict(Duration horizon) {
    return new Allotment(horizon, /* isStrict= */ true);
  }

  /** Returns for how long what was taken may be used. */
  Duration life() {
    return horizon.multipliedBy(2);
  }

  double horizonMicros() {
    return horizon.toNanos() / 1e3;
  }
}
