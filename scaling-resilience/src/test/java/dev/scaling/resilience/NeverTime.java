package dev.scaling.resilience;

import dev.scaling.core.Time;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;

/** Time that stands still: who waits does so until somebody interrupts. */
final class NeverTime implements Time {

  private final CountDownLatch waiting;

  NeverTime(CountDownLatch waiting) {
    this.waiting = waiting;
  }

  @Override
  public long nanoTime() {
    return 0;
  }

  @Override
  public long currentTimeMillis() {
    return 0;
  }

  @Override
  public Cancellable schedule(Runnable task, Duration delay) {
    waiting.countDown();
    return () -> {};
  }
}
