package dev.scaling.testkit;

import dev.scaling.core.Time;
import java.time.Duration;

/**
 * Time that stands still, and in which nothing scheduled falls due: for tests with a model checker,
 * which looks into all that it can reach and cannot look into {@link VirtualTime}. Safe for use by
 * many threads.
 */
public final class StandingTime implements Time {

  /** Creates a time that stands at zero. */
  public StandingTime() {}

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
