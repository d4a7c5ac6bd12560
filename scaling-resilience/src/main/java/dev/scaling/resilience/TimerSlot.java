package dev.scaling.resilience;

import dev.scaling.core.Time;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** At most one timer, which may be cancelled before it is there. Safe for use by many threads. */
final class TimerSlot {

  private static final Time.Cancellable CANCELLED = () -> {};

  private final AtomicReference<Time.@Nullable Cancellable> timer = new AtomicReference<>();

  void set(Time.Cancellable by) {
    if (!timer.compareAndSet(null, by)) {
      by.cancel();
    }
  }

  void cancel() {
    var old = timer.getAndSet(CANCELLED);
    if (old != null) {
      old.cancel();
    }
  }
}
