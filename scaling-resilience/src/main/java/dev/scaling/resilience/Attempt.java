package dev.scaling.resilience;

import dev.scaling.core.Time;
import java.time.Duration;

/** One attempt of a call, for what makes it. Immutable, and safe for use by many threads. */
public final class Attempt {

  private final int number;
  private final long deadlineNanos;
  private final Time time;

  Attempt(int number, long deadlineNanos, Time time) {
    this.number = number;
    this.deadlineNanos = deadlineNanos;
    this.time = time;
  }

  /** Returns its number, from 1: more than that is a retry. */
  public int number() {
    return number;
  }

  /**
   * Returns for how long the caller waits at most from now on: a limit for whatever is waited for
   * here, and what to tell the callee. Zero if that is over.
   */
  public Duration remaining() {
    return Duration.ofNanos(Math.max(0, deadlineNanos - time.nanoTime()));
  }

  @Override
  public String toString() {
    return "Attempt[" + number + "]";
  }
}
