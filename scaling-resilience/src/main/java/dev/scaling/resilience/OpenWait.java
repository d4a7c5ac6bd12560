package dev.scaling.resilience;

import io.github.resilience4j.core.IntervalFunction;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/** For how long a circuit stays open, drawn anew each time that it opens. */
final class OpenWait implements IntervalFunction {

  private final long firstNanos;
  private final long longestNanos;
  private final RandomGenerator random;
  private volatile long lastMillis;

  OpenWait(Duration first, Duration longest, RandomGenerator random) {
    firstNanos = first.toNanos();
    longestNanos = longest.toNanos();
    this.random = random;
  }

  /** Draws a wait in milliseconds; {@code openings} without a success between, from 1. */
  @Override
  public Long apply(Integer openings) {
    int doublings = Math.min(openings - 1, 40); // an hour is less than 2^40 times 10 ms
    double ceiling = Math.min((double) longestNanos, Math.scalb((double) firstNanos, doublings));
    double nanos = ceiling * (0.5 + random.nextDouble() / 2);
    lastMillis = Math.max(1, TimeUnit.NANOSECONDS.toMillis((long) nanos));
    return lastMillis;
  }

  long lastNanos() {
    return TimeUnit.MILLISECONDS.toNanos(lastMillis);
  }
}
