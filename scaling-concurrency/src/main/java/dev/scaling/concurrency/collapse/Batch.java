package dev.scaling.concurrency.collapse;

import dev.scaling.concurrency.internal.Alarm;
import java.util.Map;
import java.util.concurrent.FutureTask;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Keys that leave together, and the task that loads them. */
final class Batch<K, V> {

  private final Map<K, Entry<K, V>> entries;
  private final FutureTask<@Nullable Void> task;

  /** The thread inside the bulk function, else null. Set by that thread alone. */
  private volatile @Nullable Thread executing;

  private @Nullable Alarm window; // set under the queue's lock, before others see the batch
  private int waiting; // keys that somebody waits for; guarded by the queue's lock

  Batch(Map<K, Entry<K, V>> entries, Consumer<Batch<K, V>> load) {
    this.entries = entries;
    waiting = entries.size();
    task = new FutureTask<>(
        () -> {
          executing = Thread.currentThread();
          try {
            load.accept(this);
          } finally {
            executing = null;
          }
        },
        null);
    entries.values().forEach(entry -> entry.leaveWith(this));
  }

  Map<K, Entry<K, V>> entries() {
    return entries;
  }

  /** Notes the window that is over with this batch. Under the lock. */
  void closes(@Nullable Alarm over) {
    window = over;
  }

  void closeWindow() {
    if (window != null) {
      window.stop();
    }
  }

  /** Loads the keys, unless the batch was cancelled. An interrupt meant for it ends with it. */
  void run() {
    task.run();
    if (task.isCancelled()) {
      Thread.interrupted();
    }
  }

  /** Interrupts the bulk function. */
  void cancel() {
    task.cancel(/* mayInterruptIfRunning= */ true);
  }

  boolean isCancelled() {
    return task.isCancelled();
  }

  boolean isExecutedByCaller() {
    return executing == Thread.currentThread();
  }

  /** Takes a key away; returns whether nobody waits for any. Under the lock. */
  boolean isLeftBehind() {
    waiting--;
    return waiting == 0;
  }

  void crash(Throwable failure) {
    entries.values().forEach(entry -> entry.crash(failure));
  }
}
