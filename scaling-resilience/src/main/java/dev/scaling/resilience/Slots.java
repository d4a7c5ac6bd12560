package dev.scaling.resilience;

import io.github.resilience4j.bulkhead.Bulkhead;
import java.util.concurrent.atomic.AtomicInteger;

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

    private final AtomicInteger used = new AtomicInteger();
    private volatile int limit;

    Resizable(int limit) {
      this.limit = limit;
    }

    @Override
    public boolean tryAcquire() {
      while (true) {
        int before = used.get();
        if (before >= limit) {
          return false;
        }
        if (used.compareAndSet(before, before + 1)) {
          return true;
        }
      }
    }

    @Override
    public void release() {
      used.decrementAndGet();
    }

    @Override
    public int usage() {
      return used.get();
    }

    @Override
    public int limit() {
      return limit;
    }

    void resize(int newLimit) {
      limit = newLimit;
    }
  }
}
