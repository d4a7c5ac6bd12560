package dev.scaling.resilience;

import io.github.resilience4j.bulkhead.Bulkhead;
import java.util.concurrent.atomic.AtomicLong;

/** How many attempts may be under way at a time. Safe for use by many threads. */
interface Slots {

  /** Takes a slot if one is free. */
  boolean tryAcquire();

  void release();

  int usage();

  int limit();

  /** Lets a bulkhead of the user's decide. */
  static Slots of(Bulkhead bulkhead) {
    return new Slots() {
      @Override
      public boolean tryAcquire() {
        return bulkhead.tryAcquirePermission();
      }

      @Override
      public void release() {
        bulkhead.onComplete();
      }

      @Override
      public int usage() {
        return limit() - bulkhead.getMetrics().getAvailableConcurrentCalls();
      }

      @Override
      public int limit() {
        return bulkhead.getMetrics().getMaxAllowedConcurrentCalls();
      }
    };
  }

  /**
   * A number of slots that can be changed at any time: it never blocks, and fewer slots only mean
   * that some who leave are not replaced.
   */
  final class Resizable implements Slots {

    private static final int LIMIT_BITS = 32;
    private static final long USED = (1L << LIMIT_BITS) - 1;

    private final AtomicLong limitAndUsed; // in one word, so that a step sees both

    Resizable(int limit) {
      limitAndUsed = new AtomicLong((long) limit << LIMIT_BITS);
    }

    @Override
    public boolean tryAcquire() {
      while (true) {
        long before = limitAndUsed.get();
        if ((before & USED) >= before >> LIMIT_BITS) {
          return false;
        }
        if (limitAndUsed.compareAndSet(before, before + 1)) {
          return true;
        }
      }
    }

    @Override
    public void release() {
      limitAndUsed.decrementAndGet();
    }

    @Override
    public int usage() {
      return (int) (limitAndUsed.get() & USED);
    }

    @Override
    public int limit() {
      return (int) (limitAndUsed.get() >> LIMIT_BITS);
    }

    void resize(int limit) {
      limitAndUsed.updateAndGet(before -> (long) limit << LIMIT_BITS | (before & USED));
    }
  }
}
