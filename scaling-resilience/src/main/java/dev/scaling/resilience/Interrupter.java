package dev.scaling.resilience;

import java.util.concurrent.locks.ReentrantLock;

/** Interrupts the thread of one attempt, and never what that thread does after it. */
final class Interrupter {

  private final Thread thread = Thread.currentThread();
  private final ReentrantLock guard = new ReentrantLock();

  // Guarded by guard.
  private boolean ended;
  private boolean interrupted;
  private boolean wasInterrupted; // by others, before

  /** Interrupts the attempt, unless it has ended; returns whether it did. */
  boolean interrupt() {
    guard.lock();
    try {
      if (!ended) {
        wasInterrupted |= thread.isInterrupted() && !interrupted;
        interrupted = true;
        thread.interrupt();
      }
      return !ended;
    } finally {
      guard.unlock();
    }
  }

  /** The attempt has ended; returns whether it was interrupted, and takes the flag away then. */
  boolean end() {
    guard.lock();
    try {
      ended = true;
      if (interrupted && !wasInterrupted) {
        Thread.interrupted();
      }
      return interrupted;
    } finally {
      guard.unlock();
    }
  }
}
