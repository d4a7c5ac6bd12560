package dev.scaling.concurrency.queue;

import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** As many slots as there were at first. */
final class FixedSlots implements Slots {

  private final AtomicInteger free;
  private final Slot slot = this::giveBack;

  FixedSlots(int number) {
    free = new AtomicInteger(number);
  }

  @Override
  public @Nullable Slot tryTake() {
    int left = free.getAndUpdate(number -> Math.max(0, number - 1));
    return left > 0 ? slot : null;
  }

  private void giveBack(@Nullable Throwable failure) {
    free.incrementAndGet();
  }
}
