package dev.scaling.concurrency.limit;

import dev.scaling.core.Time;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;

/** The keys that this instance was asked about lately. */
final class Cells {

  /*
   * A key that was thrown away too early costs a call to the store and nothing else: what counts is
   * there. So two threads may even work on two cells of one key for a moment.
   *
   * Where somebody waits there is more to lose: the order, and the end with the limiter. So whoever
   * reserves gets a cell that is kept, beyond the bound too, until nobody waits there. And a key that
   * owes the store what it was granted without it is kept until that is taken there, up to twice the
   * bound: more keys than that may come in an outage.
   */

  private static final Duration PAUSE = Duration.ofSeconds(1);

  private final Function<String, KeyCell> factory;
  private final Runnable sweepMore;
  private final Time time;
  private final int most;
  private final ConcurrentHashMap<String, KeyCell> cells = new ConcurrentHashMap<>();
  private final AtomicBoolean sweeping = new AtomicBoolean();
  private volatile boolean closed;

  /**
   * Creates the room for some keys.
   *
   * @param factory makes what is kept of a key
   * @param sweepMore runs with each sweep
   * @param most how many keys are kept; what comes beyond that is asked for one by one
   */
  Cells(Function<String, KeyCell> factory, Runnable sweepMore, Time time, int most) {
    this.factory = factory;
    this.sweepMore = sweepMore;
    this.time = time;
    this.most = most;
  }

  KeyCell of(String key) {
    var known = cells.get(key);
    if (known != null) {
      return known;
    }
    if (cells.size() >= most) {
      return factory.apply(key);
    }
    var cell = cells.computeIfAbsent(key, factory);
    sweepLater();
    return cell;
  }

  /** Returns the cell of a key for which somebody may wait; {@link #release} ends that. */
  KeyCell ofWaiting(String key) {
    var cell = cells.computeIfAbsent(key, factory);
    sweepLater();
    return cell;
  }

  /** Notes that a call has its answer: beyond the bound a cell is kept only for those who wait. */
  void release(KeyCell cell) {
    if (cells.size() > most && cell.isQuiet()) {
      cells.remove(cell.key(), cell);
    }
  }

  /** Keeps a cell that owes something, if it is none of those that are kept, and there is room. */
  void keepOwing(KeyCell cell) {
    if (cells.get(cell.key()) == cell || cells.size() >= 2L * most) {
      return;
    }
    var other = cells.putIfAbsent(cell.key(), cell);
    if (other != null) {
      other.owe(cell.debt.getAndSet(0));
    }
    sweepLater();
  }

  Iterable<KeyCell> all() {
    return cells.values();
  }

  int size() {
    return cells.size();
  }

  void close() {
    closed = true;
    cells.values().forEach(KeyCell::close);
    cells.clear();
  }

  private void sweepLater() {
    if (!sweeping.get() && sweeping.compareAndSet(false, true)) {
      time.schedule(this::sweep, PAUSE);
    }
  }

  private void sweep() {
    sweeping.set(false);
    if (closed) {
      return;
    }
    cells.values().removeIf(KeyCell::isIdle);
    sweepMore.run();
    if (!cells.isEmpty()) {
      sweepLater();
    }
  }
}
