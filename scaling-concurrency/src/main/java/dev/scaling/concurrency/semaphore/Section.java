package dev.scaling.concurrency.semaphore;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/** A lock, and what is to be done once it is free again: nobody's code runs under it. */
final class Section {

  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by lock.
  private List<Runnable> after = new ArrayList<>();

  /** Runs something under the lock, and then without it what was put off meanwhile. */
  void run(Runnable change) {
    List<Runnable> due = List.of();
    lock.lock();
    try {
      change.run();
      if (!after.isEmpty()) {
        due = after;
        after = new ArrayList<>();
      }
    } finally {
      lock.unlock();
    }
    due.forEach(Runnable::run);
  }

  <T> T read(Supplier<T> value) {
    lock.lock();
    try {
      return value.get();
    } finally {
      lock.unlock();
    }
  }

  /** Puts something off; only for what runs under the lock. */
  void after(Runnable work) {
    after.add(work);
  }
}
