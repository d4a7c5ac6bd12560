package dev.scaling.examples.locks;

import java.util.concurrent.locks.ReentrantLock;

/** What the lock protects: it remembers the greatest fencing token, and refuses an older one. */
final class Stock {

  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by lock.
  private int left;
  private long greatestToken;

  Stock(int left) {
    this.left = left;
  }

  int left() {
    lock.lock();
    try {
      return left;
    } finally {
      lock.unlock();
    }
  }

  /** Writes what is left; returns whether the token was not too old. */
  boolean write(int left, long fencingToken) {
    lock.lock();
    try {
      if (fencingToken < greatestToken) {
        return false;
      }
      greatestToken = fencingToken;
      this.left = left;
      return true;
    } finally {
      lock.unlock();
    }
  }
}
