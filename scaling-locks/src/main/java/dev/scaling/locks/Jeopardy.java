package dev.scaling.locks;

import dev.scaling.core.Time;
import org.jspecify.annotations.Nullable;

/** Watches that enough is left of a lease. */
final class Jeopardy implements AutoCloseable {

  private final Lease lease;
  private final Engine engine;
  private final long beforeNanos;
  private final Runnable action;
  private volatile boolean closed;
  private volatile Time.@Nullable Cancellable timer;

  @SuppressWarnings("this-escape") // the last statement: the timer finds all else in place
  Jeopardy(Lease lease, Engine engine, long beforeNanos, Runnable action) {
    this.lease = lease;
    this.engine = engine;
    this.beforeNanos = beforeNanos;
    this.action = action;
    look();
  }

  @Override
  public void close() {
    closed = true;
    var scheduled = timer;
    if (scheduled != null) {
      scheduled.cancel();
    }
  }

  private void look() {
    if (closed || !lease.isHeld()) {
      return;
    }
    long left = lease.checkTime();
    if (left <= beforeNanos) {
      closed = true;
      engine.handover.deliver(action);
    } else {
      timer = lease.schedule(this::look, left - beforeNanos);
    }
  }
}
