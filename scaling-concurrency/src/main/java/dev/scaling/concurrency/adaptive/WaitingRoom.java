package dev.scaling.concurrency.adaptive;

import dev.scaling.core.Time;
import dev.scaling.core.internal.Checks;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The calls that wait for a slot, by priority. */
final class WaitingRoom {

  /*
   * Controlled delay with adaptive LIFO, a line for each priority [1]. A line that was empty not long
   * ago is served in order, and its calls may wait for maxWait: that takes up a burst. A line that has
   * not been empty for maxWait is overloaded: to wait in it brings nothing but latency. Who joins it
   * waits only for maxWaitInOverload, and it is served from its end, since the newest callers are
   * those who are still there. It stays so until nobody has joined it for maxWait: short waits empty
   * it all the time, and if that ended the overload, every other call would wait long again. A higher
   * line is served first, and takes the room of a lower one.
   *
   * Time is looked at by who finds no slot free, and by one timer for all who wait.
   *
   * [1] B. Maurer, Fail at Scale, ACM Queue 13(8), 2015, https://queue.acm.org/detail.cfm?id=2839461,
   *     after K. Nichols and V. Jacobson, Controlling Queue Delay, ACM Queue 10(5), 2012
   */

  private static final long TIMER_GRAIN_NANOS = 1_000_000;

  private final int capacity;
  private final long maxWaitNanos;
  private final long maxWaitInOverloadNanos;
  private final Time time;
  private final Consumer<Waiter> whenTooLong;
  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by lock.
  private final NavigableMap<Priority, WaitingLine> lines = new TreeMap<>();
  private Time.@Nullable Cancellable timer;
  private long timerNanos; // when the timer is due, if there is one
  private boolean closed;

  private final AtomicInteger size = new AtomicInteger(); // changed under the lock

  WaitingRoom(AdaptiveLimitBuilder settings, Consumer<Waiter> whenTooLong) {
    capacity = settings.maximumWaiting;
    maxWaitNanos = settings.maxWait.toNanos();
    maxWaitInOverloadNanos = settings.maxWaitInOverload.toNanos();
    time = settings.time;
    this.whenTooLong = whenTooLong;
    for (Priority priority : Priority.values()) {
      lines.put(priority, new WaitingLine(maxWaitNanos));
    }
  }

  int size() {
    return size.get();
  }

  /**
   * Lets a call wait; returns the one for which there is no room then: a lesser one, or this one,
   * or none.
   */
  @Nullable
  Waiter add(Waiter waiter) {
    long now = time.nanoTime();
    lock.lock();
    try {
      if (closed) {
        return waiter;
      }
      @Nullable Waiter removed = null;
      if (size.get() >= capacity) {
        removed = removeBelow(waiter.priority);
        if (removed == null) {
          return waiter;
        }
      }
      var line = line(waiter.priority);
      waiter.deadlineNanos = now + (line.isOverloaded(now) ? maxWaitInOverloadNanos : maxWaitNanos);
      line.add(waiter, now);
      size.incrementAndGet();
      setTimer(now, waiter.deadlineNanos);
      return removed;
    } finally {
      lock.unlock();
    }
  }

  /** Takes a slot for who is next; returns nobody if none waits or no slot is free. */
  @Nullable
  Waiter next(Slots slots) {
    long now = time.nanoTime();
    lock.lock();
    try {
      for (WaitingLine line : lines.descendingMap().values()) {
        if (!line.isEmpty()) {
          if (!slots.tryTake()) {
            return null;
          }
          size.decrementAndGet();
          return line.next(now);
        }
      }
      return null;
    } finally {
      lock.unlock();
    }
  }

  /** Forgets a call that waits no longer. */
  void remove(Waiter waiter) {
    lock.lock();
    try {
      if (line(waiter.priority).remove(waiter)) {
        size.decrementAndGet();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Lets nobody in any more; returns those who waited. */
  List<Waiter> close() {
    lock.lock();
    try {
      closed = true;
      if (timer != null) {
        timer.cancel();
      }
      var all = new ArrayList<Waiter>();
      for (WaitingLine line : lines.values()) {
        all.addAll(line.removeAll());
      }
      size.set(0);
      return all;
    } finally {
      lock.unlock();
    }
  }

  private WaitingLine line(Priority priority) {
    return Checks.notNull(lines.get(priority), "line");
  }

  /** Makes room at the cost of the least of those below a priority, the one who came first. */
  private @Nullable Waiter removeBelow(Priority priority) {
    for (WaitingLine line : lines.headMap(priority).values()) {
      if (!line.isEmpty()) {
        size.decrementAndGet();
        return line.removeFirst();
      }
    }
    return null;
  }

  private void setTimer(long now, long deadlineNanos) {
    if (timer != null) {
      if (timerNanos - deadlineNanos <= 0) {
        return;
      }
      timer.cancel();
    }
    timerNanos = deadlineNanos;
    timer = time.schedule(this::endWaits, Duration.ofNanos(Math.max(0, deadlineNanos - now)));
  }

  private void endWaits() {
    long now = time.nanoTime();
    var ended = new ArrayList<Waiter>();
    lock.lock();
    try {
      timer = null;
      if (closed) {
        return;
      }
      long next = Long.MAX_VALUE; // from now
      for (WaitingLine line : lines.values()) {
        next = Math.min(next, line.removeEnded(now, ended));
      }
      size.addAndGet(-ended.size());
      if (next < Long.MAX_VALUE) {
        setTimer(now, now + Math.max(next, TIMER_GRAIN_NANOS));
      }
    } finally {
      lock.unlock();
    }
    ended.forEach(whenTooLong);
  }
}
