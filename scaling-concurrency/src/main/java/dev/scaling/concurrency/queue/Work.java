package dev.scaling.concurrency.queue;

import dev.scaling.concurrency.internal.Alarm;
import dev.scaling.concurrency.queue.DeadLetter.Reason;
import dev.scaling.core.Time;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** The items of a queue, from their acceptance to their end, and the puts that wait for room. */
final class Work<T> {

  /*
   * Three lines: puts that wait for room, items that wait for a slot, dead letters that wait for the
   * hook. Whatever happens, advance() moves all of them as far as they go, under one lock; what that
   * leaves to be done, calls of the handler and the hook, futures, timers, is done without it.
   *
   * Invariant, whenever the lock is free:  accepted = handled + given up + waiting + running
   *
   * No wake-up is lost: an item that finds no slot joins the line under the lock, and whoever has a
   * slot gives it back before it takes the lock to advance. So it sees either the item, or the item
   * saw the slot.
   *
   * Everything is bounded. The hook may be slower than the handler: while as many letters wait for it
   * as the queue has room for items, nothing is accepted. So there are at most 2 capacity +
   * concurrency letters: those, and what is waiting and running now.
   */

  private final String name;
  private final int capacity;
  private final long maxAgeNanos; // zero for none
  private final boolean dropsOldest;
  private final StageHandler<T> handler;
  private final Slots slots;
  private final Time time;
  private final Executor executor;
  private final Starter starter;
  private final CompletableFuture<@Nullable Void> finished = new CompletableFuture<>();
  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by lock.
  private final Set<Producer<T>> producers = new LinkedHashSet<>(); // none while there is room
  private final Deque<Turn<T>> waiting = new ArrayDeque<>();
  private final Set<Turn<T>> running = new HashSet<>();
  private final Letters<T> letters;
  private final Tally tally = new Tally();
  private Phase phase = Phase.OPEN;
  private @Nullable Alarm expiry; // of the first that waits, or of one that was first

  Work(BoundedQueueBuilder<T> builder, Executor executor) {
    name = builder.name;
    capacity = builder.capacity;
    maxAgeNanos = builder.maxAge == null ? 0 : builder.maxAge.toNanos();
    dropsOldest = builder.whenFull == BoundedQueueBuilder.WhenFull.DROP_OLDEST;
    handler = builder.handler;
    slots = builder.slots == null ? new FixedSlots(builder.concurrency) : builder.slots;
    time = builder.time;
    this.executor = executor;
    starter = new Starter(executor);
    letters = new Letters<>(this, starter, builder.deadLetter, new QueueLog(name, time));
  }

  String name() {
    return name;
  }

  /** Returns what completes once the queue was closed and all that it accepted has ended. */
  CompletableFuture<@Nullable Void> finished() {
    return finished;
  }

  /**
   * Accepts an item if there is room.
   *
   * @param producer waits if there is none; {@code null} if nobody does
   * @return whether it was accepted
   * @throws IllegalStateException if the queue is closed, or would wait for its own handler or hook
   */
  boolean offer(T item, @Nullable Producer<T> producer) {
    long now = time.nanoTime();
    var effects = new Effects();
    boolean isAccepted = false;
    boolean isRecursion = false;
    lock.lock();
    try {
      if (phase != Phase.OPEN) {
        throw new IllegalStateException(name + ": the queue is closed");
      }
      advance(now, effects);
      if (makeRoom(now, effects)) {
        accept(item, now);
        isAccepted = true;
        advance(now, effects);
      } else if (producer == null) {
        tally.refused++;
      } else if (producer.isEndless() && isInsideHere()) {
        isRecursion = true;
      } else {
        producers.add(producer);
      }
    } finally {
      lock.unlock();
    }
    starter.start(effects.settle());
    if (isRecursion) {
      throw new IllegalStateException(name
          + ": the queue is full, and its own handler or hook would wait for room in it for ever");
    }
    return isAccepted;
  }

  /** Takes a put out of the line; returns whether it was still in it. */
  boolean leave(Producer<T> producer) {
    lock.lock();
    try {
      return producers.remove(producer);
    } finally {
      lock.unlock();
    }
  }

  void timeOut(Producer<T> producer) {
    change((now, effects) -> {
      advance(now, effects); // there may be room just now
      if (producers.remove(producer)) {
        tally.refused++;
        effects.then(() -> producer.timedOut(capacity, executor));
      }
    });
  }

  /** Starts what can start: for slots that came free otherwise than by an item's end. */
  void lookAgain() {
    change((now, effects) -> {});
  }

  /** Returns whether an item has waited for too long. */
  boolean isTooOld(Turn<T> turn) {
    return isTooOld(turn, time.nanoTime());
  }

  /**
   * Ends an item that has a slot, and gives that back.
   *
   * @param reason {@code null} if it was handled
   * @return what is to be started next
   */
  List<Task> end(Turn<T> turn, @Nullable Reason reason, @Nullable Throwable cause) {
    var effects = new Effects();
    long now = time.nanoTime();
    lock.lock();
    try {
      running.remove(turn);
      if (reason == null) {
        tally.handled++;
      } else {
        giveUp(turn, reason, cause, now, effects);
      }
    } finally {
      lock.unlock();
    }
    turn.giveSlotBack(cause); // before the look for free slots, or that would miss this one
    return advanced(effects);
  }

  /** Notes that the hook has returned or thrown, and returns what is to be started next. */
  List<Task> delivered(@Nullable Throwable failure) {
    return changed((now, effects) -> {
      letters.delivered(failure, effects);
      if (failure != null) {
        tally.hookFailures++;
      }
    });
  }

  /** Refuses puts from now on, those that wait too; what was accepted goes on. */
  void drain() {
    change((now, effects) -> {
      if (phase == Phase.OPEN) {
        phase = Phase.DRAINING;
        refuseProducers(effects);
      }
    });
  }

  /** Refuses puts from now on, and gives up what waits for its turn. */
  void close() {
    change((now, effects) -> {
      phase = Phase.CLOSED;
      refuseProducers(effects);
      for (var turn = waiting.pollFirst(); turn != null; turn = waiting.pollFirst()) {
        giveUp(turn, Reason.CLOSED, null, now, effects);
      }
    });
  }

  /** Returns whether this thread is inside the handler or the hook. */
  boolean isInside() {
    lock.lock();
    try {
      return isInsideHere();
    } finally {
      lock.unlock();
    }
  }

  Phase phase() {
    lock.lock();
    try {
      return phase;
    } finally {
      lock.unlock();
    }
  }

  QueueSnapshot snapshot() {
    long now = time.nanoTime();
    lock.lock();
    try {
      var oldest = waiting.peekFirst();
      return tally.snapshot(
          waiting.size(),
          running.size(),
          producers.size(),
          letters.size(),
          oldest == null ? 0 : now - oldest.acceptedNanos);
    } finally {
      lock.unlock();
    }
  }

  /** Makes a change, and starts what follows from it. */
  private void change(Change change) {
    starter.start(changed(change));
  }

  private List<Task> changed(Change change) {
    long now = time.nanoTime();
    var effects = new Effects();
    lock.lock();
    try {
      change.make(now, effects);
    } finally {
      lock.unlock();
    }
    return advanced(effects);
  }

  private List<Task> advanced(Effects effects) {
    long now = time.nanoTime();
    lock.lock();
    try {
      advance(now, effects);
    } finally {
      lock.unlock();
    }
    return effects.settle();
  }

  // All that follows runs under the lock.

  /** Moves the lines as far as they go. */
  private void advance(long now, Effects effects) {
    boolean isMoved = true;
    while (isMoved) {
      expire(now, effects);
      isMoved = takeSlot(effects) || admit(now, effects);
    }
    letters.advance(effects);
    setExpiry(now, effects);
    if (phase != Phase.OPEN && waiting.isEmpty() && running.isEmpty() && letters.size() == 0) {
      effects.then(() -> finished.complete(null));
    }
  }

  private void expire(long now, Effects effects) {
    for (var first = waiting.peekFirst();
        first != null && isTooOld(first, now);
        first = waiting.peekFirst()) {
      waiting.removeFirst();
      giveUp(first, Reason.EXPIRED, null, now, effects);
    }
  }

  private boolean takeSlot(Effects effects) {
    if (waiting.isEmpty()) {
      return false;
    }
    var slot = slots.tryTake();
    if (slot == null) {
      return false;
    }
    var turn = waiting.removeFirst();
    turn.take(slot);
    running.add(turn);
    effects.start(turn);
    return true;
  }

  private boolean admit(long now, Effects effects) {
    if (producers.isEmpty() || !makeRoom(now, effects)) {
      return false;
    }
    var first = producers.iterator().next();
    producers.remove(first);
    accept(first.item, now);
    effects.then(() -> first.admitted(executor));
    return true;
  }

  private void accept(T item, long now) {
    waiting.addLast(new Turn<>(this, handler, starter, item, now));
    tally.accepted++;
  }

  /** Returns whether there is room for an item, after dropping one if that is wanted. */
  private boolean makeRoom(long now, Effects effects) {
    if (letters.size() >= capacity) {
      return false;
    }
    if (waiting.size() >= capacity && dropsOldest) {
      giveUp(waiting.removeFirst(), Reason.OVERFLOWED, null, now, effects);
    }
    return waiting.size() < capacity;
  }

  private boolean isTooOld(Turn<T> turn, long now) {
    return maxAgeNanos > 0 && now - turn.acceptedNanos >= maxAgeNanos;
  }

  private void giveUp(
      Turn<T> turn, Reason reason, @Nullable Throwable cause, long now, Effects effects) {
    tally.givenUp(reason);
    var age = Duration.ofNanos(Math.max(0, now - turn.acceptedNanos));
    letters.add(new DeadLetter<>(turn.item, reason, cause, age), effects);
  }

  /** Keeps a timer while items wait; one that rings too early is set again. */
  private void setExpiry(long now, Effects effects) {
    var first = waiting.peekFirst();
    if (first == null) {
      if (expiry != null) {
        effects.then(expiry::stop);
        expiry = null;
      }
    } else if (maxAgeNanos > 0 && expiry == null) {
      var alarm = new Alarm();
      var left = Duration.ofNanos(Math.max(0, first.acceptedNanos + maxAgeNanos - now));
      effects.then(() -> alarm.set(time.schedule(() -> ring(alarm), left)));
      expiry = alarm;
    }
  }

  private void ring(Alarm alarm) {
    change((now, effects) -> {
      if (alarm == expiry) {
        expiry = null;
      }
    });
  }

  private void refuseProducers(Effects effects) {
    for (var producer : producers) {
      tally.refused++;
      effects.then(() -> producer.refusedByClose(executor));
    }
    producers.clear();
  }

  private boolean isInsideHere() {
    return letters.isDeliveredByCaller() || running.stream().anyMatch(Task::isPerformedByCaller);
  }

  enum Phase {
    OPEN,
    DRAINING,
    CLOSED
  }

  @FunctionalInterface
  private interface Change {
    void make(long now, Effects effects);
  }
}
