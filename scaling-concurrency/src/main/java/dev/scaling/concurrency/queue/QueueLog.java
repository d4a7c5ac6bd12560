package dev.scaling.concurrency.queue;

import dev.scaling.core.Time;
import dev.scaling.core.internal.ComponentLog;

/** What a queue says in the log. */
final class QueueLog {

  private final ComponentLog log;

  QueueLog(String queue, Time time) {
    log = new ComponentLog(BoundedQueue.class, queue, time);
  }

  /**
   * Warns that an item was given up that nobody hears of.
   *
   * @param reason all that is said: an item, or what was thrown for it, may hold secrets
   */
  void unheard(DeadLetter.Reason reason) {
    log.warn("no deadLetter hook, and items are given up: " + reason, "");
  }

  void hookFailed(Throwable failure) {
    log.warn("the deadLetter hook threw", ": " + failure.getClass().getName());
  }
}
