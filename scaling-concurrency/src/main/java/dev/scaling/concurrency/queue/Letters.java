package dev.scaling.concurrency.queue;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The dead letters that the hook has not taken yet: it gets them one after the other, in their
 * order. All but the log is guarded by the lock of the queue.
 */
final class Letters<T> {

  private final Work<T> work;
  private final Starter starter;
  private final @Nullable Consumer<? super DeadLetter<T>> hook;
  private final QueueLog log;
  private final Deque<DeadLetter<T>> waiting = new ArrayDeque<>();
  private @Nullable Delivery<T> delivery; // of the first of them

  Letters(
      Work<T> work, Starter starter, @Nullable Consumer<? super DeadLetter<T>> hook, QueueLog log) {
    this.work = work;
    this.starter = starter;
    this.hook = hook;
    this.log = log;
  }

  int size() {
    return waiting.size();
  }

  /** Puts a letter behind the others; without a hook it is only spoken of. */
  void add(DeadLetter<T> letter, Effects effects) {
    if (hook == null) {
      effects.then(() -> log.unheard(letter.reason()));
    } else {
      waiting.addLast(letter);
    }
  }

  /** Lets the hook take the next letter, unless it is busy. */
  void advance(Effects effects) {
    var first = waiting.peekFirst();
    if (hook != null && first != null && delivery == null) {
      delivery = new Delivery<>(work, starter, hook, first);
      effects.start(delivery);
    }
  }

  /** Notes that the hook has returned, or thrown. */
  void delivered(@Nullable Throwable failure, Effects effects) {
    waiting.removeFirst();
    delivery = null;
    if (failure != null) {
      effects.then(() -> log.hookFailed(failure));
    }
  }

  /** Returns whether this thread is inside the hook. */
  boolean isDeliveredByCaller() {
    return delivery != null && delivery.isPerformedByCaller();
  }
}
