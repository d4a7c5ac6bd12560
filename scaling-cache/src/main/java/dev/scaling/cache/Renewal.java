package dev.scaling.cache;

import dev.scaling.core.Time;
import java.time.Duration;

/** Does something at each third of a length, until it is stopped: two of three may fail. */
final class Renewal {

  private final Time time;
  private final Duration pause;
  private final Runnable renew;
  private volatile boolean stopped;
  private volatile Time.Cancellable next;

  private Renewal(Time time, Duration length, Runnable renew) {
    this.time = time;
    this.pause = length.dividedBy(3);
    this.renew = renew;
    next = time.schedule(this::run, pause);
  }

  static Renewal start(Time time, Duration length, Runnable renew) {
    return new Renewal(time, length, renew);
  }

  /** Renews no more; a renewal that is under way may still arrive. */
  void stop() {
    stopped = true;
    next.cancel();
  }

  private void run() {
    if (stopped) {
      return;
    }
    renew.run();
    next = time.schedule(this::run, pause);
    if (stopped) {
      next.cancel();
    }
  }
}
