package dev.scaling.resilience;

import dev.scaling.core.Time;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;

/** Elapsed time for those who ask a wall clock: it does not jump. */
final class ElapsedClock extends Clock {

  private final Time time;
  private final long originNanos;

  ElapsedClock(Time time) {
    this.time = time;
    originNanos = time.nanoTime();
  }

  @Override
  public Instant instant() {
    return Instant.EPOCH.plusNanos(time.nanoTime() - originNanos);
  }

  @Override
  public ZoneId getZone() {
    return ZoneOffset.UTC;
  }

  @Override
  public Clock withZone(ZoneId zone) {
    return this; // nobody asks for a date
  }
}
