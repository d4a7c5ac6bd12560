package dev.scaling.concurrency.queue;

import dev.scaling.core.Time;
import java.lang.System.Logger.Level;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** Warns of a condition at most once a minute: an overload must not fill the disks too. */
final class QueueLog {

  private static final System.Logger LOGGER = System.getLogger(BoundedQueue.class.getName());
  private static final long PAUSE_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final String queue;
  private final Time time;
  private final ConcurrentHashMap<String, Long> lastNanos = new ConcurrentHashMap<>();

  QueueLog(String queue, Time time) {
    this.queue = queue;
    this.time = time;
  }

  /**
   * Warns that an item was given up that nobody hears of.
   *
   * @param reason all that is said: an item, or what was thrown for it, may hold secrets
   */
  void unheard(DeadLetter.Reason reason) {
    warn("no deadLetter hook, and items are given up: " + reason, "");
  }

  void hookFailed(Throwable failure) {
    warn("the deadLetter hook threw", ": " + failure.getClass().getName());
  }

  private void warn(String condition, String detail) {
    long now = time.nanoTime();
    Long last = lastNanos.get(condition);
    if (last != null && now - last < PAUSE_NANOS) {
      return;
    }
    boolean isFirst = last == null
        ? lastNanos.putIfAbsent(condition, now) == null
        : lastNanos.replace(condition, last, now);
    if (isFirst) {
      LOGGER.log(Level.WARNING, queue + ": " + condition + detail);
    }
  }
}
