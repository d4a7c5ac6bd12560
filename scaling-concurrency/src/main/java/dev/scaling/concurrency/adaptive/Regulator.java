package dev.scaling.concurrency.adaptive;

import dev.scaling.core.Time;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Sets the limit from window to window. The only part that reads a clock, twice a window; a call
 * only counts.
 */
final class Regulator {

  private final Time time;
  private final Slots slots;
  private final AdaptiveCounters counters;
  private final Runnable whenRaised;
  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by lock.
  private final Knee knee;
  private final Windows windows = new Windows();
  private long half;
  private @Nullable Mark mark; // where what is seen of the window begins
  private Time.@Nullable Cancellable timer;
  private boolean closed;

  private volatile int found; // the limit without the experiments, to be read without the lock

  Regulator(Time time, Slots slots, AdaptiveCounters counters, Knee knee, Runnable whenRaised) {
    this.time = time;
    this.slots = slots;
    this.counters = counters;
    this.knee = knee;
    this.whenRaised = whenRaised;
    found = knee.limit();
  }

  void start() {
    lock.lock();
    try {
      half = windows.half(time.currentTimeMillis());
      schedule();
    } finally {
      lock.unlock();
    }
  }

  /** Returns the limit that has been found, whatever is being tried at the moment. */
  int limit() {
    return found;
  }

  void close() {
    lock.lock();
    try {
      closed = true;
      if (timer != null) {
        timer.cancel();
      }
    } finally {
      lock.unlock();
    }
  }

  private void tick() {
    boolean isRaised = false;
    lock.lock();
    try {
      if (closed) {
        return;
      }
      long last = half;
      half = windows.half(time.currentTimeMillis());
      if (half != last + 1) { // the timer was early or late, or the wall clock was set
        mark = half == last ? mark : null;
      }
      if (half != last && (half & 1) == 0) {
        isRaised = nextWindow();
      } else if (half != last && mark == null) {
        mark = mark();
      }
      schedule();
    } finally {
      lock.unlock();
    }
    if (isRaised) {
      whenRaised.run();
    }
  }

  /** Ends a window and begins the next; returns whether there are more slots now. */
  private boolean nextWindow() {
    boolean isResized = false;
    if (mark == null) {
      knee.skip();
    } else {
      var seen = since(mark);
      knee.end(seen);
      isResized = !knee.isTrying() && windows.adjust(seen);
      if (isResized) {
        knee.skip();
        half = windows.half(time.currentTimeMillis());
      }
    }
    int before = slots.limit();
    int next = knee.begin(half >> 1);
    found = knee.limit();
    slots.limit(next);
    // After a change the first half is given to the calls that began before it.
    mark = next != before || isResized ? null : mark();
    return next > before;
  }

  private void schedule() {
    timer = time.schedule(this::tick, windows.untilNext(time.currentTimeMillis()));
  }

  private Mark mark() {
    return new Mark(
        counters.successes.sum(),
        counters.usages.sum(),
        counters.overloads.sum(),
        counters.blocked.sum(),
        time.nanoTime());
  }

  private Observation since(Mark from) {
    var now = mark();
    return new Observation(
        now.successes - from.successes,
        now.usages - from.usages,
        now.overloads - from.overloads,
        now.blocked - from.blocked,
        Math.max(1, now.nanos - from.nanos) / 1e9);
  }

  /** The counters at a moment. */
  private record Mark(long successes, long usages, long overloads, long blocked, long nanos) {}
}
