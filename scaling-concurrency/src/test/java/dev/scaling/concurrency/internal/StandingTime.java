package dev.scaling.concurrency.internal;

import dev.scaling.core.Time;
import java.time.Duration;

/** Time that stands still, small enough for Lincheck's model checker to look into. */
public final class StandingTime implements Time {

  @Override
  public long nanoTime() {
    return 0;
  }

  @Override
  public long currentTimeMillis() {
    return 0;
  }

  @Override
  public Cancellable schedule(Runnable task, Duration delay) {
    return () -> {};
  }
}
