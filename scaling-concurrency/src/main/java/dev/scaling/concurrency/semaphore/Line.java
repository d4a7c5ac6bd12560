package dev.scaling.concurrency.semaphore;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** The calls that wait here, in the order of their coming. Not safe for use by many threads. */
final class Line {

  private final Deque<Waiter> waiting = new ArrayDeque<>();

  boolean isEmpty() {
    return waiting.isEmpty();
  }

  int size() {
    return waiting.size();
  }

  void add(Waiter waiter) {
    waiting.addLast(waiter);
  }

  boolean remove(Waiter waiter) {
    return waiting.remove(waiter);
  }

  Waiter removeFirst() {
    return waiting.removeFirst();
  }

  List<Waiter> removeAll() {
    var all = List.copyOf(waiting);
    waiting.clear();
    return all;
  }

  boolean hasPatient() {
    return waiting.stream().anyMatch(Waiter::isPatient);
  }

  /** Returns whether there is one that no request has counted yet. */
  boolean hasNew() {
    return waiting.stream().anyMatch(waiter -> waiter.askedBy == Waiter.NOT_ASKED);
  }

  /** Notes that a request counts all that are here. */
  void asked(long number) {
    for (Waiter waiter : waiting) {
      if (waiter.askedBy == Waiter.NOT_ASKED) {
        waiter.askedBy = number;
      }
    }
  }

  /** Removes and returns those that wait for no more than a request which has ended. */
  List<Waiter> removeImpatient(long number) {
    List<Waiter> removed = new ArrayList<>();
    for (Waiter waiter : waiting) {
      if (!waiter.isPatient() && waiter.askedBy <= number) {
        removed.add(waiter);
      }
    }
    waiting.removeAll(removed);
    return removed;
  }
}
