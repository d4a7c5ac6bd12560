package dev.scaling.core.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/** A lock, and what is to be done once it is free again: nobody's code runs under it. */
public final class Section {

  private static final int FEW = 2; // most times one or two things are put off

  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by lock.
  private List<Runnable> after = List.of();

  /** Creates a section that nobody is in. */
  public Section() {}

  /**
   * Runs something under the lock, and then without it what was put off meanwhile: all of that,
   * even if some of it throws; the first of these failures is thrown in the end.
   */
  public void run(Runnable change) {
    List<Runnable> due = List.of();
    lock.lock();
    try {
      change.run();
      if (!after.isEmpty()) {
        due = after;
        after = List.of();
      }
    } finally {
      lock.unlock();
    }
    runAll(due);
  }

  /** Reads something under the lock. */
  public <T> T read(Supplier<T> value) {
    lock.lock();
    try {
      return value.get();
    } finally {
      lock.unlock();
    }
  }

  /** Puts something off; only for what runs under the lock. */
  public void after(Runnable work) {
    if (after.isEmpty()) {
      after = new ArrayList<>(FEW);
    }
    after.add(work);
  }

  private static void runAll(List<Runnable> due) {
    Throwable failure = null;
    for (Runnable each : due) {
      try {
        each.run();
      } catch (Throwable e) {
        failure = failure == null ? e : failure;
      }
    }
    if (failure instanceof Error error) {
      throw error;
    }
    if (failure instanceof RuntimeException exception) {
      throw exception;
    }
    if (failure != null) { // thrown though not declared
      throw new IllegalStateException(failure);
    }
  }
}
