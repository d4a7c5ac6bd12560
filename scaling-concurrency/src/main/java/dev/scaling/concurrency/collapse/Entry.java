package dev.scaling.concurrency.collapse;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One key of a batch, and those who wait for it. */
final class Entry<K, V> implements Seat.Place<V> {

  final K key;
  private final BatchQueue<K, V> queue;
  private final Seat<V> leader;

  // Guarded by the queue's lock; the followers only until the batch leaves, when none is added.
  private @Nullable List<Seat<V>> followers;
  private int waiting = 1;
  private @Nullable Batch<K, V> batch;

  Entry(BatchQueue<K, V> queue, K key, Seat<V> leader) {
    this.queue = queue;
    this.key = key;
    this.leader = leader;
    leader.sit(this);
  }

  /** Adds a caller of the same key. Under the lock. */
  void follow(Seat<V> seat) {
    if (followers == null) {
      followers = new ArrayList<>();
    }
    followers.add(seat);
    waiting++;
    seat.sit(this);
  }

  /** Notes the batch that the entry leaves with. Under the lock. */
  void leaveWith(Batch<K, V> leaving) {
    batch = leaving;
  }

  @Nullable
  Batch<K, V> batch() {
    return batch;
  }

  /** Takes a caller away; returns whether nobody waits any more. Under the lock. */
  boolean isLeftBehind() {
    waiting--;
    return waiting == 0;
  }

  @Override
  public void left(Seat<V> seat) {
    queue.left(this);
  }

  void land(@Nullable V value) {
    leader.land(value);
    if (followers != null) {
      followers.forEach(seat -> seat.land(value));
    }
  }

  void crash(Throwable failure) {
    leader.crash(failure);
    if (followers != null) {
      followers.forEach(seat -> seat.crash(failure));
    }
  }
}
