package dev.scaling.locks.fencing;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/** A part of the resources that a guard in memory knows. Safe for use by many threads. */
final class MemoryStripe {

  /** In place of a token: the resource is not known. */
  static final long UNKNOWN = 0;

  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by lock. The one that was not checked for longest comes first.
  private final Map<String, Mark> marks =
      new LinkedHashMap<>(16, /* loadFactor= */ 0.75f, /* accessOrder= */ true);

  /** Raises a known resource's token, and returns the greatest one seen. */
  long check(Fence fence, long nowNanos) {
    lock.lock();
    try {
      Mark mark = marks.get(fence.resource());
      if (mark == null) {
        return UNKNOWN;
      }
      mark.checkedNanos = Math.max(mark.checkedNanos - nowNanos, 0) + nowNanos;
      mark.token = Math.max(mark.token, fence.token());
      return mark.token;
    } finally {
      lock.unlock();
    }
  }

  /** Adds a resource, unless it is known by now. */
  boolean add(Fence fence, long nowNanos) {
    lock.lock();
    try {
      return marks.putIfAbsent(fence.resource(), new Mark(fence.token(), nowNanos)) == null;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Forgets the resource that was not checked for longest, if that is the retention.
   *
   * @return how many nanoseconds it must be kept yet; 0 or less if it was forgotten
   */
  long forgetOne(long nowNanos, long retentionNanos) {
    lock.lock();
    try {
      var eldest = marks.entrySet().iterator();
      if (!eldest.hasNext()) {
        return Long.MAX_VALUE;
      }
      long left = retentionNanos - (nowNanos - eldest.next().getValue().checkedNanos);
      if (left <= 0) {
        eldest.remove();
      }
      return left;
    } finally {
      lock.unlock();
    }
  }

  private static final class Mark {

    private long token;
    private long checkedNanos;

    Mark(long token, long checkedNanos) {
      this.token = token;
      this.checkedNanos = checkedNanos;
    }
  }
}
