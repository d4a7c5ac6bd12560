package dev.scaling.resilience;

import dev.scaling.core.internal.Checks;
import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How long to wait before a retry. Unless it is {@link #fixed}, the wait is drawn at random, below
 * a ceiling that grows and ends at {@code most}: so callers who failed together do not come back
 * together, however often they failed before.
 *
 * <p>Implementations must be safe for use by many threads, and must not block.
 */
@FunctionalInterface
public interface Backoff {

  /*
   * After M. Brooker, Exponential backoff and jitter, AWS Architecture Blog, 2015. Others draw first and
   * cut off at the greatest wait then, so that from some retry on most or all waits are the same: 100 %
   * of resilience4j's from the sixth attempt on. Here the ceiling is cut off first, and the wait drawn
   * below it.
   */

  /**
   * Returns the wait before a retry.
   *
   * @param retry from 1: 1 after the first attempt has failed
   * @param previousNanos the wait before the last attempt; 0 if that was the first
   * @return nanoseconds, at least 0
   */
  long nanos(int retry, long previousNanos, RandomGenerator random);

  /**
   * Returns waits between zero and a ceiling that doubles with each retry. Spreads callers the
   * most, and is the one to take if nothing speaks against it.
   *
   * @param base the ceiling of the first retry, from 1 millisecond to {@code most}
   * @param most the greatest ceiling, at most 1 hour
   */
  static Backoff fullJitter(Duration base, Duration most) {
    var ceiling = Ceiling.of(base, most);
    return (retry, previousNanos, random) -> random.nextLong(ceiling.nanos(retry));
  }

  /**
   * Returns waits between one half and the whole of a ceiling that doubles with each retry: for a
   * callee that needs some rest in any case.
   *
   * @param base the ceiling of the first retry, from 1 millisecond to {@code most}
   * @param most the greatest ceiling, at most 1 hour
   */
  static Backoff equalJitter(Duration base, Duration most) {
    var ceiling = Ceiling.of(base, most);
    return (retry, previousNanos, random) -> {
      long half = ceiling.nanos(retry) / 2;
      return half + random.nextLong(half);
    };
  }

  /**
   * Returns waits between {@code base} and three times the last wait: grows as fast as chance has
   * it, so that callers get out of step sooner.
   *
   * @param base the least wait, from 1 millisecond to less than {@code most}
   * @param most the greatest wait, at most 1 hour
   */
  static Backoff decorrelatedJitter(Duration base, Duration most) {
    var ceiling = Ceiling.of(base, most);
    Checks.argument(base.compareTo(most) < 0, "base must be less than most: %s", base);
    return (retry, previousNanos, random) -> {
      long last = Math.max(ceiling.baseNanos(), previousNanos);
      long highest = last > ceiling.mostNanos() / 3 ? ceiling.mostNanos() : 3 * last;
      return random.nextLong(ceiling.baseNanos(), highest);
    };
  }

  /**
   * Returns waits that are all the same: for one caller, or a test. Many callers who fail together
   * come back together.
   *
   * @param wait from zero to 1 hour
   */
  static Backoff fixed(Duration wait) {
    long nanos =
        Checks.duration("wait", wait, Duration.ZERO, Duration.ofHours(1)).toNanos();
    return (retry, previousNanos, random) -> nanos;
  }
}
