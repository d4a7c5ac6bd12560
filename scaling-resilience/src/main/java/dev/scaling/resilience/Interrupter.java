package dev.scaling.resilience;

import java.util.concurrent.locks.ReentrantLock;

/** Interrupts the thread of one attempt, and never what that thread does after it. */
final class Interrupter {

  private final Thread thread = Thread.currentThread();
  private final ReentrantLock guard = new ReentrantLock();

  // Guarded by guard.
  private boolean ended;
  private boolean interrupted;

  /** Interrupts the attempt, unless it has ended. */
  void interrupt() {
    guard.lock();
    try {
      if (!ended) {
        interrupted = true;
        thread.interrupt();
      }
    } finally {
      guard.unlock();
    }
  }

  /** The attempt has ended; returns whether it was interrupted, and takes the flag away then. */
  boolean end() {
    guard.lock();
    try {
      ended = true;
      if (interrupted) {
        Thread.interrupted();
      }
      return interrupted;
    } finally {
      guard.unlock();
    }
  }
}
