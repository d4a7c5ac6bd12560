package dev.scaling.resilience;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;

/** How many attempts succeeded and failed lately. Safe for use by many threads. */
final class OutcomeWindow {

  /*
   * The window is cut into slices. A success is one striped increment of the slice that is current, and
   * reads no clock: attempts that begin bring the time along, and whoever brings one that is past the
   * slice replaces it, by one compare-and-set. So a success may be counted a little early if no attempt
   * began lately, when there is little to count anyway. A slice that has been replaced may still get what
   * was on its way to it; nothing is reset, so nothing is lost.
   */

  private static final int SLICES = 10;

  private final long windowNanos;
  private final long sliceNanos;
  private final AtomicReference<Slice> current;

  OutcomeWindow(Duration window, long nowNanos) {
    windowNanos = window.toNanos();
    sliceNanos = windowNanos / SLICES;
    current = new AtomicReference<>(new Slice(nowNanos + sliceNanos, List.of()));
  }

  /** Lets the time pass up to now. */
  void tick(long nowNanos) {
    var slice = current.get();
    if (nowNanos - slice.endNanos >= 0) {
      long past = (nowNanos - slice.endNanos) % sliceNanos;
      current.compareAndSet(slice, new Slice(nowNanos - past + sliceNanos, live(slice, nowNanos)));
    }
  }

  void succeeded() {
    current.get().successes.increment();
  }

  void failed(long nowNanos) {
    tick(nowNanos);
    current.get().failures.increment();
  }

  /**
   * Returns whether at least so many attempts ended lately, and at least that part of them badly.
   */
  boolean isBad(int minimumCalls, double failureRatio) {
    var slice = current.get();
    long failures = slice.failures.sum();
    long successes = slice.successes.sum();
    for (Slice earlier : slice.earlier) {
      failures += earlier.failures.sum();
      successes += earlier.successes.sum();
    }
    long all = failures + successes;
    return all >= minimumCalls && failures >= failureRatio * all;
  }

  private List<Slice> live(Slice last, long nowNanos) {
    List<Slice> live = new ArrayList<>(last.earlier);
    live.add(last);
    live.removeIf(slice -> nowNanos - slice.endNanos >= windowNanos - sliceNanos);
    return List.copyOf(live);
  }

  private static final class Slice {

    private final long endNanos;
    private final List<Slice> earlier; // of this window; their own lists are let go
    private final LongAdder successes = new LongAdder();
    private final LongAdder failures = new LongAdder();

    Slice(long endNanos, List<Slice> earlier) {
      this.endNanos = endNanos;
      this.earlier = earlier;
    }
  }
}
