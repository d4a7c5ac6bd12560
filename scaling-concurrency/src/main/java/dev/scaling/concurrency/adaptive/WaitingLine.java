package dev.scaling.concurrency.adaptive;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** The calls of one priority that wait. Not safe for use by many threads. */
final class WaitingLine {

  private final long maxWaitNanos;
  private final Deque<Waiter> waiters = new ArrayDeque<>();
  private long sinceNanos; // not empty since then, if it is not
  private long joinedNanos; // when somebody joined last
  private boolean wasOverloaded; // then

  WaitingLine(long maxWaitNanos) {
    this.maxWaitNanos = maxWaitNanos;
  }

  boolean isEmpty() {
    return waiters.isEmpty();
  }

  /** Returns whether to wait here is no help against a burst any more. */
  boolean isOverloaded(long now) {
    return wasOverloaded
        ? now - joinedNanos < maxWaitNanos
        : !waiters.isEmpty() && now - sinceNanos >= maxWaitNanos;
  }

  void add(Waiter waiter, long now) {
    wasOverloaded = isOverloaded(now);
    joinedNanos = now;
    if (waiters.isEmpty()) {
      sinceNanos = now;
    }
    waiters.addLast(waiter);
  }

  /** Removes the one whose turn it is. */
  Waiter next(long now) {
    return isOverloaded(now) ? waiters.removeLast() : waiters.removeFirst();
  }

  Waiter removeFirst() {
    return waiters.removeFirst();
  }

  boolean remove(Waiter waiter) {
    return waiters.remove(waiter);
  }

  List<Waiter> removeAll() {
    var all = List.copyOf(waiters);
    waiters.clear();
    return all;
  }

  /** Removes those whose time is over; returns how long the next has, or the greatest number. */
  long removeEnded(long now, List<Waiter> ended) {
    long next = Long.MAX_VALUE;
    for (var all = waiters.iterator(); all.hasNext(); ) {
      var waiter = all.next();
      long left = waiter.deadlineNanos - now;
      if (left <= 0) {
        all.remove();
        ended.add(waiter);
      } else {
        next = Math.min(next, left);
      }
    }
    return next;
  }
}
