package dev.scaling.concurrency.limit;

import dev.scaling.core.internal.Checks;
import java.time.Duration;

/**
 * How many permits may be taken in how much time.
 *
 * <p>In any window of time of length {@code w} at most {@code burst + w / period * permits} permits
 * are granted. So a window as long as the period may see the burst and the rate together: use
 * {@link #neverMoreThan} where the number in a window is what counts.
 *
 * @param permits how many permits are refilled in a period, from 1 to 1,000,000,000
 * @param period from 1 microsecond to 366 days. What a permit costs of it is rounded up to a
 *     multiple of 1/64 microsecond, so a rate of 100,000 a second is up to 0.2 % slower; it must
 *     not be less
 * @param burst how many may be taken at once after a pause, from 1 to 1,000,000,000; a burst takes
 *     at most 366 days to refill
 */
public record RateLimit(long permits, Duration period, long burst) {

  private static final long MOST_PERMITS = 1_000_000_000;
  private static final Duration LEAST_PERIOD = Duration.ofNanos(1_000);
  private static final Duration MOST_PERIOD = Duration.ofDays(366);

  /** Checks the numbers. */
  public RateLimit {
    Checks.range("permits", permits, 1, MOST_PERMITS);
    Checks.duration("period", period, LEAST_PERIOD, MOST_PERIOD);
    Checks.range("burst", burst, 1, MOST_PERMITS);
    if (period.toNanos() * 64 / 1_000 < permits) {
      throw new IllegalArgumentException(
          "a permit must cost at least 1/64 microsecond: " + permits + " permits per " + period);
    }
    if ((double) period.toNanos() / permits * burst > MOST_PERIOD.toNanos()) {
      throw new IllegalArgumentException("a burst must be refilled within "
          + MOST_PERIOD
          + ": "
          + burst
          + " at "
          + permits
          + " permits per "
          + period);
    }
  }

  /** Returns a limit whose burst is what one period refills. */
  public static RateLimit of(long permits, Duration period) {
    return new RateLimit(permits, period, permits);
  }

  /** Returns a limit of some permits a second, whose burst is what one second refills. */
  public static RateLimit perSecond(long permits) {
    return of(permits, Duration.ofSeconds(1));
  }

  /**
   * Returns a limit that grants no more than so many permits in any window of the given length,
   * wherever it begins: one at a time, at even distances.
   */
  public static RateLimit neverMoreThan(long permits, Duration window) {
    return neverMoreThan(permits, window, 1);
  }

  /**
   * Returns a limit that grants no more than so many permits in any window of the given length,
   * wherever it begins, of which some may come at once. What may come at once is missing from the
   * rate: it is {@code permits + 1 - burst} a window.
   *
   * @param burst from 1 to {@code permits}
   */
  public static RateLimit neverMoreThan(long permits, Duration window, long burst) {
    Checks.range("permits", permits, 1, MOST_PERMITS);
    Checks.range("burst", burst, 1, permits);
    return new RateLimit(permits + 1 - burst, window, burst);
  }

  /** Returns a limit of the same rate with another burst. */
  public RateLimit withBurst(long burst) {
    return new RateLimit(permits, period, burst);
  }

  @Override
  public String toString() {
    return permits + " per " + period + ", burst " + burst;
  }
}
