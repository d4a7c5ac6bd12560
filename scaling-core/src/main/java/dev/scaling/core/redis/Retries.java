package dev.scaling.core.redis;

import dev.scaling.core.Time;
import java.time.Duration;
import java.util.random.RandomGenerator;

/** When to try again what failed: after pauses that double, up to a longest one. */
record Retries(Time time, RandomGenerator random) {

  /*
   * Whoever lost the same server at the same moment must not come back to it at the same moment: half
   * of each pause is left to chance, which is the "equal jitter" of
   * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
   */

  private static final long FIRST_MILLIS = 200;
  private static final long LONGEST_MILLIS = 5_000;

  /** Schedules a task, given how often it failed before the last time. */
  void schedule(Runnable task, int failuresBefore) {
    long pauseMillis = FIRST_MILLIS;
    for (int i = 0; i < failuresBefore && pauseMillis < LONGEST_MILLIS; i++) {
      pauseMillis *= 2;
    }
    long half = Math.min(pauseMillis, LONGEST_MILLIS) / 2;
    time.schedule(task, Duration.ofMillis(half + random.nextLong(half + 1)));
  }
}
