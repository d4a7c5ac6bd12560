package dev.scaling.concurrency.limit;

import dev.scaling.core.Time;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Those in this instance who wait for permits of one key, each for as many as the others. */
final class WaitLine {

  /*
   * What the store grants are slots: moments at which the permits of one call are there. Slots belong to
   * the line and not to those who asked for them: at each the first of the line is served. So nobody is
   * overtaken, whatever order the answers come in, and who leaves costs nobody anything.
   *
   * A slot that nobody in the line needs can go back to the store only if nothing was taken behind it:
   * one in the middle would be sold twice, with those behind it keeping theirs. So the last slot goes
   * back, and if the store does not want it, it stays for whoever comes next, until its time is over.
   *
   * No polling: one timer, set for the next slot.
   */

  private final Gcra gcra;
  private final Function<Grant, CompletableFuture<Boolean>> refund;
  private final Time time;
  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by lock.
  private final Deque<Reservation> waiting = new ArrayDeque<>();
  private final List<Slot> slots = new ArrayList<>();
  private Time.@Nullable Cancellable timer;

  WaitLine(Gcra gcra, Function<Grant, CompletableFuture<Boolean>> refund, Time time) {
    this.gcra = gcra;
    this.refund = refund;
    this.time = time;
  }

  /** Puts somebody at the end of the line, if there is a slot left over that comes in time. */
  boolean joinSpare(Reservation reservation, Duration maxWait) {
    lock.lock();
    try {
      int place = waiting.size();
      if (slots.size() <= place
          || slots.get(place).dueNanos - time.nanoTime() > maxWait.toNanos()) {
        return false;
      }
      waiting.addLast(reservation);
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Puts somebody at the end of the line, with the slot that the store granted. */
  void join(Reservation reservation, Grant grant) {
    double waitMicros = gcra.usableAt(grant.after()) - grant.nowMicros();
    long waitNanos = (long) Math.ceil(Math.max(0, waitMicros) * 1_000 * KeyCell.DRIFT);
    lock.lock();
    try {
      waiting.addLast(reservation);
      add(new Slot(grant.receivedNanos() + waitNanos, grant));
    } finally {
      lock.unlock();
    }
    serve();
  }

  /** Takes somebody out of the line, and returns whether they were still in it. */
  boolean leave(Reservation reservation) {
    Slot surplus;
    lock.lock();
    try {
      if (!waiting.remove(reservation)) {
        return false;
      }
      surplus = slots.isEmpty() ? null : slots.remove(slots.size() - 1);
    } finally {
      lock.unlock();
    }
    reservation.abandon();
    giveBack(surplus);
    return true;
  }

  Duration startsIn(Reservation reservation) {
    lock.lock();
    try {
      int place = 0;
      for (Reservation each : waiting) {
        if (each.equals(reservation)) {
          break;
        }
        place++;
      }
      if (place >= slots.size()) {
        return Duration.ZERO;
      }
      return Duration.ofNanos(Math.max(0, slots.get(place).dueNanos - time.nanoTime()));
    } finally {
      lock.unlock();
    }
  }

  boolean isIdle() {
    lock.lock();
    try {
      return waiting.isEmpty() && slots.isEmpty();
    } finally {
      lock.unlock();
    }
  }

  /** Lets nobody wait any longer. */
  void close() {
    List<Reservation> left;
    lock.lock();
    try {
      left = List.copyOf(waiting);
      waiting.clear();
      slots.clear();
      arm();
    } finally {
      lock.unlock();
    }
    left.forEach(Reservation::abandon);
  }

  private void giveBack(@Nullable Slot surplus) {
    if (surplus == null) {
      return;
    }
    refund.apply(surplus.grant).whenComplete((refunded, failure) -> {
      if (failure == null && !refunded) { // on any failure it may have been given back: it is lost
        keep(surplus);
      }
    });
  }

  private void keep(Slot slot) {
    lock.lock();
    try {
      add(slot);
    } finally {
      lock.unlock();
    }
    serve();
  }

  private void add(Slot slot) {
    slots.add(slot);
    slots.sort(Comparator.comparingLong(each -> each.dueNanos - slot.dueNanos));
  }

  /** Serves whoever is due, and sets the timer for the next slot. */
  private void serve() {
    List<Reservation> due = new ArrayList<>();
    lock.lock();
    try {
      while (!slots.isEmpty() && slots.get(0).dueNanos - time.nanoTime() <= 0) {
        slots.remove(0);
        var first = waiting.pollFirst();
        if (first != null) {
          due.add(first);
        }
      }
      arm();
    } finally {
      lock.unlock();
    }
    due.forEach(Reservation::complete);
  }

  private void arm() {
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
    if (!slots.isEmpty()) {
      long left = Math.max(0, slots.get(0).dueNanos - time.nanoTime());
      timer = time.schedule(this::serve, Duration.ofNanos(left));
    }
  }

  private record Slot(long dueNanos, Grant grant) {}
}
