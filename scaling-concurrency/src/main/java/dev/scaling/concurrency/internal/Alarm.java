package dev.scaling.concurrency.internal;

import dev.scaling.core.Time;
import org.jspecify.annotations.Nullable;

/**
 * A timer that others may see, and stop, before it is set: so that it need not be set under a lock.
 *
 * <p>Safe for use by many threads.
 */
public final class Alarm {

  private volatile boolean stopped;
  private volatile Time.@Nullable Cancellable timer;

  /** Creates an alarm that is not set yet. */
  public Alarm() {}

  /** Takes the timer, which does not run if the alarm was stopped before. */
  public void set(Time.Cancellable scheduled) {
    timer = scheduled;
    if (stopped) {
      scheduled.cancel();
    }
  }

  /** Keeps the timer from running, unless it has begun. Does nothing the second time. */
  public void stop() {
    stopped = true;
    var scheduled = timer;
    if (scheduled != null) {
      scheduled.cancel();
    }
  }
}
