package dev.scaling.concurrency.collapse;

import dev.scaling.concurrency.internal.Alarm;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Keys that wait for their batch, and the batches under way. */
final class BatchQueue<K, V> {

  /*
   * The window is natural, as with group commit: while `parallelism` batches are under way, keys
   * gather; who ends one takes the next, on the same thread. So a batch is as large as what arrives
   * during a bulk call, and a call that finds nothing under way waits for nobody.
   *
   * A caller who finds nothing under way, blocks and would wait for ever anyway loads its key itself:
   * two threads that have to be woken cost 90 us on a machine that has gone to sleep. Only if nobody
   * else's key is in the batch, since this thread may be interrupted; what has gathered meanwhile goes to
   * the executor.
   *
   * A batch that all callers have left gives its slot away at once, even if its function does not
   * hear the interrupt: otherwise one that never returns would block the queue for ever.
   */

  private final Common common;
  private final BatchCounters counters;
  private final Consumer<Batch<K, V>> load;
  private final int maximumSize;
  private final int parallelism;
  private final @Nullable Duration linger;
  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by lock.
  private LinkedHashMap<K, Entry<K, V>> pending = new LinkedHashMap<>();
  private final List<Batch<K, V>> running = new ArrayList<>();
  private @Nullable Alarm window;
  private boolean isRipe;
  private long leaders;
  private long followers;

  BatchQueue(
      Common common,
      BatcherBuilder<K, V> builder,
      BatchCounters counters,
      Consumer<Batch<K, V>> load) {
    this.common = common;
    this.counters = counters;
    this.load = load;
    maximumSize = builder.maximumSize;
    parallelism = builder.parallelism;
    linger = builder.linger.isZero() ? null : builder.linger;
  }

  /** Adds a caller, and starts the batch that can leave now. */
  void add(K key, Seat<V> seat) {
    start(taken(key, seat));
  }

  /** Adds a caller who blocks, and loads its key on this thread if nothing is under way. */
  void addAndRun(K key, Seat<V> seat) {
    var ready = taken(key, seat);
    if (ready == null || ready.entries().size() > 1 || linger != null) {
      start(ready);
    } else {
      ready.run();
      start(next(ready));
    }
  }

  private @Nullable Batch<K, V> taken(K key, Seat<V> seat) {
    Batch<K, V> ready;
    Alarm opened = null;
    lock.lock();
    try {
      enter(key, seat);
      ready = take();
      if (ready == null && linger != null && window == null) {
        opened = new Alarm();
        window = opened;
      }
    } finally {
      lock.unlock();
    }
    seat.startTimer();
    if (opened != null && linger != null) {
      var mine = opened;
      opened.set(common.time().schedule(() -> ripen(mine), linger));
    }
    return ready;
  }

  /** Lets a caller go. What nobody waits for is not loaded, or interrupted. */
  void left(Entry<K, V> entry) {
    Batch<K, V> abandoned = null;
    Batch<K, V> ready = null;
    Alarm closed = null;
    lock.lock();
    try {
      if (entry.isLeftBehind()) {
        var batch = entry.batch();
        if (batch == null) {
          pending.remove(entry.key);
          closed = closedWindow();
        } else if (batch.isLeftBehind() && running.remove(batch)) {
          abandoned = batch;
          ready = take();
        }
      }
    } finally {
      lock.unlock();
    }
    if (closed != null) {
      closed.stop();
    }
    if (abandoned != null) {
      counters.abandoned.increment();
      abandoned.cancel();
    }
    start(ready);
  }

  /** Returns whether this thread is inside the bulk function. */
  boolean isExecutedByCaller() {
    lock.lock();
    try {
      for (var batch : running) {
        if (batch.isExecutedByCaller()) {
          return true;
        }
      }
      return false;
    } finally {
      lock.unlock();
    }
  }

  BatcherSnapshot snapshot() {
    lock.lock();
    try {
      return counters.snapshot(leaders, followers, pending.size(), running.size());
    } finally {
      lock.unlock();
    }
  }

  private void enter(K key, Seat<V> seat) {
    var mine = new Entry<K, V>(this, key, seat);
    var other = pending.putIfAbsent(key, mine);
    if (other == null) {
      leaders++;
    } else {
      other.follow(seat);
      followers++;
    }
  }

  /** Takes the batch that can leave now, if there is one. Under the lock. */
  private @Nullable Batch<K, V> take() {
    boolean isDue = linger == null || isRipe || pending.size() >= maximumSize;
    if (pending.isEmpty() || running.size() >= parallelism || !isDue) {
      return null;
    }
    var batch = new Batch<>(cut(), load);
    running.add(batch);
    batch.closes(closedWindow());
    return batch;
  }

  private Map<K, Entry<K, V>> cut() {
    Map<K, Entry<K, V>> all = pending;
    if (all.size() <= maximumSize) {
      pending = new LinkedHashMap<>(2 * all.size()); // the next will be about as large
      return all;
    }
    Map<K, Entry<K, V>> first = new LinkedHashMap<>(2 * maximumSize);
    var entries = all.entrySet().iterator();
    while (first.size() < maximumSize) {
      var entry = entries.next();
      first.put(entry.getKey(), entry.getValue());
      entries.remove();
    }
    return first;
  }

  /** Returns the window that is over, if nobody is left to wait in it. Under the lock. */
  private @Nullable Alarm closedWindow() {
    if (!pending.isEmpty() || window == null) {
      return null;
    }
    var closed = window;
    window = null;
    isRipe = false;
    return closed;
  }

  private void ripen(Alarm over) {
    Batch<K, V> ready = null;
    lock.lock();
    try {
      if (window == over) {
        isRipe = true;
        ready = take();
      }
    } finally {
      lock.unlock();
    }
    start(ready);
  }

  private void start(@Nullable Batch<K, V> ready) {
    for (var batch = ready; batch != null; ) {
      batch.closeWindow();
      var starting = batch;
      try {
        common.executor().execute(() -> work(starting));
        return;
      } catch (Throwable e) { // the executor is full or shut down, or has no thread left
        batch.crash(e);
        batch = next(batch);
      }
    }
  }

  /** Runs a batch, and then the next ones, without another hand-over. */
  private void work(Batch<K, V> first) {
    for (var batch = first; batch != null; batch = next(batch)) {
      batch.closeWindow();
      batch.run();
    }
  }

  /** Returns the batch that may leave since one is over, unless its slot was given away before. */
  private @Nullable Batch<K, V> next(Batch<K, V> over) {
    lock.lock();
    try {
      return running.remove(over) ? take() : null;
    } finally {
      lock.unlock();
    }
  }
}
