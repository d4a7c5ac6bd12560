package dev.scaling.concurrency.collapse;

import dev.scaling.core.Time;
import org.jspecify.annotations.Nullable;

/** The time that keys wait for others although their batch could leave. */
final class Window {

  private volatile boolean closed;
  private volatile Time.@Nullable Cancellable timer;

  /** Takes the timer, which was set after others could see the window. */
  void arm(Time.Cancellable scheduled) {
    timer = scheduled;
    if (closed) {
      scheduled.cancel();
    }
  }

  void close() {
    closed = true;
    var scheduled = timer;
    if (scheduled != null) {
      scheduled.cancel();
    }
  }
}
