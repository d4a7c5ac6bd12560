package dev.scaling.jmh;

import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Callers who wait, and one thread that wakes all who do, without any work in between: what a
 * machine can do at most where each call waits for something that comes from elsewhere.
 */
final class WakeUps implements AutoCloseable {

  private final AtomicReference<@Nullable Waiter> waiting = new AtomicReference<>();
  private final Thread waker = new Thread(this::wakeAll, "waker");
  private volatile boolean closed;

  WakeUps() {
    waker.setDaemon(true);
    waker.start();
  }

  void call() {
    var mine = new Waiter(Thread.currentThread());
    mine.next = waiting.get();
    while (!waiting.compareAndSet(mine.next, mine)) {
      mine.next = waiting.get();
    }
    if (mine.next == null) {
      LockSupport.unpark(waker);
    }
    while (!mine.isAwake) {
      LockSupport.park(this);
    }
  }

  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(waker);
  }

  private void wakeAll() {
    while (!closed) {
      var first = waiting.getAndSet(null);
      if (first == null) {
        LockSupport.park(this);
      }
      for (var each = first; each != null; ) {
        var next = each.next;
        each.isAwake = true;
        LockSupport.unpark(each.thread);
        each = next;
      }
    }
  }

  /** A caller, and the one who came before. */
  private static final class Waiter {

    final Thread thread;

    @Nullable
    Waiter next;

    volatile boolean isAwake;

    Waiter(Thread thread) {
      this.thread = thread;
    }
  }
}
