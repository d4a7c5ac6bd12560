package dev.scaling.resilience;

import dev.scaling.core.Time;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

/** Time that passes only while somebody waits, and then at once: for calls that block. */
final class PassingTime implements Time {

  final List<Duration> waits = new CopyOnWriteArrayList<>();
  volatile Duration late = Duration.ZERO; // by how much each wait is longer than it should be
  private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 1_000); // about to wrap

  @Override
  public long nanoTime() {
    return nanos.get();
  }

  @Override
  public long currentTimeMillis() {
    return 0;
  }

  void pass(Duration elapsed) {
    nanos.addAndGet(elapsed.toNanos());
  }

  @Override
  public Cancellable schedule(Runnable task, Duration delay) {
    waits.add(delay);
    pass(delay.plus(late));
    new Thread(task).start();
    return () -> {};
  }
}
