package dev.scaling.concurrency.limit;

import dev.scaling.core.Time;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/** The permits of one key that this instance has taken in advance. */
final class Stock {

  /*
   * Prepaid, so that an instance which dies loses permits and never invents some. What was granted has
   * its times: permit j is there at usableAt(before, j), which may be up to the horizon ahead when the
   * burst is used up. A timer puts what has become due into `free`, and takes away what is left of it at
   * the end. So a call that finds a permit reads no clock and makes one compare-and-set.
   *
   * Bound: in any window of server time w, uses <= unspent at its begin + permits due in w. Every permit
   * is used at most `life` after it was due, so what is unspent is at most rate * life, and at most what
   * is allotted. The timer may be late where the process was paused: then the second of the two holds,
   * or, with strict allotments, a look at the clock.
   *
   * Size: four fifths of what was asked for lately in a horizon, an average over 200 ms, at most the
   * share of the rate of an instance. Fixed sizes waste up to half under skew. Ideas: Doorman [1], and
   * "hierarchical token buckets" of global admission control in DynamoDB [2].
   *
   * [1] https://github.com/youtube/doorman/blob/master/doc/design.md
   * [2] Elhemali and others, Amazon DynamoDB, USENIX ATC 2022, section 4.3
   */

  private static final double SHARE_OF_DEMAND = 0.8;
  private static final double AVERAGED_NANOS = 200e6;
  private static final long LEAST_TICK_NANOS = 1_000_000;
  private static final int TICKS = 20;

  private final Gcra gcra;
  private final Time time;
  private final Allotment settings;
  private final IntSupplier instances;
  private final AtomicLong free = new AtomicLong();
  private final LongAdder unmet = new LongAdder();
  private final ReentrantLock lock = new ReentrantLock();
  private volatile long endNanos;
  private volatile boolean live;

  // Guarded by lock.
  private @Nullable Grant grant;
  private long number;
  private long due;
  private long usedBefore;
  private long askedNanos;
  private double perNano;

  Stock(Gcra gcra, Time time, Allotment settings, IntSupplier instances) {
    this.gcra = gcra;
    this.time = time;
    this.settings = settings;
    this.instances = instances;
    askedNanos = time.nanoTime();
    endNanos = askedNanos;
  }

  /** Takes permits that are there, all or none. */
  boolean tryTake(long permits) {
    long seen = free.get();
    while (seen >= permits) {
      if (settings.isStrict() && time.nanoTime() - endNanos >= 0) {
        return false;
      }
      if (free.compareAndSet(seen, seen - permits)) {
        return true;
      }
      seen = free.get();
    }
    return false;
  }

  /** Takes back permits that nobody used, if they may still be used. */
  boolean giveBack(long permits) {
    lock.lock();
    try {
      if (!live) {
        return false;
      }
      free.addAndGet(permits);
      return true;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Returns until when nothing comes in, by the store's clock, if what is still to come is known.
   *
   * @return TATs and the store's clock, at which a call for the permits is refused, or {@code null}
   */
  KeyCell.@Nullable Refusal pending(long permits) {
    if (!live) {
      return null;
    }
    lock.lock();
    try {
      var granted = grant;
      if (granted == null || !live || due + permits > granted.calls()) {
        return null;
      }
      double[] tats = granted.before().clone();
      gcra.take(tats, due);
      double now = Math.min(nowMicros(granted), gcra.usableAt(tats, permits));
      return new KeyCell.Refusal(tats, now);
    } finally {
      lock.unlock();
    }
  }

  /** Notes that somebody wanted permits which were not in stock. */
  void missed(long permits) {
    unmet.add(permits);
  }

  /**
   * Returns how many permits to ask the store for in advance; 0 if there are some, or to be exact.
   */
  long size() {
    lock.lock();
    try {
      var granted = grant;
      if (live && granted != null && (due < granted.calls() || free.get() > 0)) {
        return 0;
      }
      long now = time.nanoTime();
      double passed = now - askedNanos;
      if (passed > 0) {
        double wanted = unmet.sumThenReset() + (double) used();
        double weight = 1 - Math.exp(-passed / AVERAGED_NANOS);
        perNano += weight * (wanted / passed - perNano);
        askedNanos = now;
        usedBefore = due - free.get();
      }
      double horizonNanos = settings.horizon().toNanos();
      double share = gcra.mostIn(horizonNanos / 1e3) / instances.getAsInt();
      return (long) Math.min(SHARE_OF_DEMAND * perNano * horizonNanos, share);
    } finally {
      lock.unlock();
    }
  }

  /** Takes in what the store granted. */
  void fill(Grant granted) {
    long mine;
    lock.lock();
    try {
      unmet.add(used());
      free.set(0);
      grant = granted;
      number++;
      due = 0;
      usedBefore = 0;
      live = granted.calls() > 0;
      endNanos = granted.sentNanos() + settings.life().toNanos();
      release(granted);
      mine = number;
    } finally {
      lock.unlock();
    }
    if (granted.calls() > 0) {
      tickLater(granted, mine);
      long left = granted.sentNanos() + settings.life().toNanos() - time.nanoTime();
      time.schedule(() -> end(mine), Duration.ofNanos(Math.max(0, left)));
    }
  }

  double horizonMicros() {
    return settings.horizonMicros();
  }

  boolean isIdle() {
    return !live;
  }

  private void tickLater(Grant of, long mine) {
    long pause = Math.max(LEAST_TICK_NANOS, settings.horizon().toNanos() / TICKS);
    time.schedule(() -> tick(of, mine), Duration.ofNanos(pause));
  }

  private void tick(Grant of, long mine) {
    lock.lock();
    try {
      if (number != mine || !live) {
        return;
      }
      release(of);
      if (due == of.calls()) {
        return;
      }
    } finally {
      lock.unlock();
    }
    tickLater(of, mine);
  }

  private void release(Grant of) {
    long now = gcra.fit(of.before(), nowMicros(of), 1, of.calls(), /* horizon= */ 0);
    if (now > due && time.nanoTime() - endNanos < 0) {
      free.addAndGet(now - due);
      due = now;
    }
  }

  private void end(long mine) {
    lock.lock();
    try {
      if (number == mine) {
        unmet.add(used());
        free.set(0);
        live = false;
        grant = null;
      }
    } finally {
      lock.unlock();
    }
  }

  private long used() {
    return Math.max(0, due - free.get() - usedBefore);
  }

  /** Returns the store's clock, at least. */
  private double nowMicros(Grant of) {
    return of.nowMicros() + Math.max(0, time.nanoTime() - of.receivedNanos()) / 1e3 / KeyCell.DRIFT;
  }
}
