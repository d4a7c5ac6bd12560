package dev.scaling.resilience.shed;

import java.util.concurrent.atomic.AtomicLong;

/**
 * The limit and the usage, in one word: so a place is taken in one step that sees both, and never
 * beyond a ceiling, while the limit moves too.
 */
final class Places {

  private static final int LIMIT_SHIFT = 32;

  private final ShedRule rule;
  private final AtomicLong word; // the limit above, the usage below

  Places(ShedRule rule, int limit) {
    this.rule = rule;
    word = new AtomicLong((long) limit << LIMIT_SHIFT);
  }

  /** Returns what would become of a request now. */
  Verdict look(Priority priority, int ofCaller) {
    return verdict(word.get(), priority, ofCaller);
  }

  /**
   * Takes a place if there is one.
   *
   * @param ofCaller how many the caller has, which nobody else may raise meanwhile
   */
  Verdict tryTake(Priority priority, int ofCaller) {
    while (true) {
      long seen = word.get();
      var verdict = verdict(seen, priority, ofCaller);
      if (verdict != Verdict.ADMITTED || word.compareAndSet(seen, seen + 1)) {
        return verdict;
      }
    }
  }

  /** Gives a place back. */
  void release() {
    word.getAndDecrement();
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

  private Verdict verdict(long seen, Priority priority, int ofCaller) {
    int usage = usage(seen);
    int ceiling = rule.ceiling(priority, limit(seen));
    if (usage >= ceiling) {
      return Verdict.SHED;
    }
    return ofCaller >= rule.quota(usage, ceiling) ? Verdict.QUOTA : Verdict.ADMITTED;
  }

  private static int limit(long word) {
    return (int) (word >>> LIMIT_SHIFT);
  }

  private static int usage(long word) {
    return (int) word;
  }
}
