package dev.scaling.locks;

import dev.scaling.locks.Lease.LossReason;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** One piece of work under a lock, on the thread of its caller, which a loss interrupts. */
final class Run<V extends @Nullable Object> {

  private final Engine engine;
  private final Lease lease;
  private final Thread thread = Thread.currentThread();
  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by lock.
  private boolean ended;
  private @Nullable LossReason reason;

  Run(Engine engine, Lease lease) {
    this.engine = engine;
    this.lease = lease;
  }

  V run(DistributedLock.Work<V> work) throws Exception {
    var lost = lease.lost();
    lost.thenAccept(this::interrupt);
    try {
      V value = work.run(lease);
      end();
      return value;
    } catch (Throwable e) { // whatever it is, a loss comes first
      try {
        end();
      } catch (LeaseLostException loss) {
        loss.addSuppressed(e);
        throw loss;
      }
      throw e;
    } finally {
      lost.cancel(/* mayInterruptIfRunning= */ false);
      lease.close();
    }
  }

  /** Ends what a loss may interrupt, and says so if there was one. */
  private void end() {
    boolean isValid = lease.isValid();
    lock.lock();
    try {
      if (ended) {
        return;
      }
      ended = true;
      if (reason != null) {
        Thread.interrupted(); // it was ours
      }
    } finally {
      lock.unlock();
    }
    if (!isValid) {
      throw new LeaseLostException(
          engine.name, lease.fencingToken(), lease.reason(), Duration.ZERO);
    }
  }

  private void interrupt(LossReason why) {
    lock.lock();
    try {
      if (!ended) {
        reason = why;
        thread.interrupt();
      }
    } finally {
      lock.unlock();
    }
  }
}
