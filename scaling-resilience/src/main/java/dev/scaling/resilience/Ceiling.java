package dev.scaling.resilience;

import dev.scaling.core.internal.Checks;
import java.time.Duration;

/** What a wait lies below: doubles with each retry, as far as it may. */
record Ceiling(long baseNanos, long mostNanos) {

  private static final Duration LEAST = Duration.ofMillis(1);
  private static final Duration GREATEST = Duration.ofHours(1);

  static Ceiling of(Duration base, Duration most) {
    Checks.duration("most", most, LEAST, GREATEST);
    Checks.duration("base", base, LEAST, most);
    return new Ceiling(base.toNanos(), most.toNanos());
  }

  /** Returns the ceiling of a retry, counted from 1. */
  long nanos(int retry) {
    Checks.range("retry", retry, 1, Integer.MAX_VALUE);
    int doublings = Math.min(retry - 1, Long.numberOfLeadingZeros(baseNanos) - 1);
    return Math.min(mostNanos, baseNanos << doublings);
  }
}
