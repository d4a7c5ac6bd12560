package dev.scaling.concurrency.adaptive;

import java.util.concurrent.atomic.AtomicLong;

/**
 * The limit and the usage, in one word: so a slot is taken in one step that sees both, and never
 * beyond the limit, while that moves too.
 */
final class Slots {

  private static final int LIMIT_SHIFT = 32;

  private final AtomicLong word; // the limit above, the usage below

  Slots(int limit) {
    word = new AtomicLong((long) limit << LIMIT_SHIFT);
  }

  /** Takes a slot, if the usage is below the limit. */
  boolean tryTake() {
    while (true) {
      long seen = word.get();
      if (usage(seen) >= limit(seen)) {
        return false;
      }
      if (word.compareAndSet(seen, seen + 1)) {
        return true;
      }
    }
  }

  /** Gives a slot back; returns the usage while it was still taken. */
  int release() {
    return usage(word.getAndDecrement());
  }

  /** Sets the limit; what is taken beyond it stays taken. */
  void limit(int limit) {
    word.updateAndGet(seen -> ((long) limit << LIMIT_SHIFT) | usage(seen));
  }

  int limit() {
    return limit(word.get());
  }

  int usage() {
    return usage(word.get());
  }

  private static int limit(long word) {
    return (int) (word >>> LIMIT_SHIFT);
  }

  private static int usage(long word) {
    return (int) word;
  }
}
