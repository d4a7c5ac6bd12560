package dev.scaling.core.redis;

import dev.scaling.core.Time;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;

/** Ends calls at their deadlines with one timer for all of them. */
final class Deadlines {

  /*
   * A timer a call would cost a heap insertion and a removal each. Most calls of a process have the
   * same timeout, so their deadlines come in order: one timer, set for the earliest deadline known,
   * finds on its way which calls are still there, and sets itself for the next. A busy port pays for
   * one timer a timeout, not one a call.
   *
   * A call stands where expire() finds it before it asks for a timer, and the timer gives up its
   * claim before it looks: so no deadline falls between the two.
   */

  /** Each look passes over all calls that wait, of which a server that hangs leaves many. */
  private static final long LEAST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private final Time time;
  private final LongUnaryOperator expire;
  private final ReentrantLock lock = new ReentrantLock();
  private volatile boolean armed;
  private volatile long armedForNanos;

  // Guarded by lock.
  private Time.@Nullable Cancellable timer;

  /**
   * Creates a watch.
   *
   * @param expire takes the current reading, ends what is due, and returns the time until the next
   *     deadline, or -1
   */
  Deadlines(Time time, LongUnaryOperator expire) {
    this.time = time;
    this.expire = expire;
  }

  void watch(long deadlineNanos) {
    if (armed && armedForNanos - deadlineNanos <= 0) {
      return;
    }
    lock.lock();
    try {
      if (armed && armedForNanos - deadlineNanos <= 0) {
        return;
      }
      cancel();
      long wait = Math.max(0, deadlineNanos - time.nanoTime());
      armedForNanos = deadlineNanos;
      armed = true;
      timer = time.schedule(this::fire, Duration.ofNanos(wait));
    } finally {
      lock.unlock();
    }
  }

  void close() {
    lock.lock();
    try {
      cancel();
    } finally {
      lock.unlock();
    }
  }

  private void cancel() {
    armed = false;
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
  }

  private void fire() {
    armed = false;
    long now = time.nanoTime();
    long left = expire.applyAsLong(now);
    if (left >= 0) {
      watch(now + Math.max(left, LEAST_PAUSE_NANOS));
    }
  }
}
