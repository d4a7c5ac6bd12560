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
  private final AtomicReference<Window> window;

  OutcomeWindow(Duration window, long nowNanos) {
    windowNanos = window.toNanos();
    sliceNanos = windowNanos / SLICES;
    this.window = new AtomicReference<>(new Window(new Slice(nowNanos + sliceNanos), List.of()));
  }

  /** Lets the time pass up to now. */
  void tick(long nowNanos) {
    var known = window.get();
    long end = known.current.endNanos;
    if (nowNanos - end >= 0) {
      long past = (nowNanos - end) % sliceNanos;
      var next = new Slice(nowNanos - past + sliceNanos);
      window.compareAndSet(known, new Window(next, live(known, nowNanos)));
    }
  }

  void succeeded() {
    window.get().current.successes.increment();
  }

  void failed(long nowNanos) {
    tick(nowNanos);
    window.get().current.failures.increment();
  }

  /**
   * Returns whether at least so many attempts ended lately, and at least that part of them badly.
   */
  boolean isBad(int minimumCalls, double failureRatio) {
    var known = window.get();
    long failures = known.current.failures.sum();
    long successes = known.current.successes.sum();
    for (Slice earlier : known.earlier) {
      failures += earlier.failures.sum();
      successes += earlier.successes.sum();
    }
    long all = failures + successes;
    return all >= minimumCalls && failures >= failureRatio * all;
  }

  /** Returns how many slices it holds. */
  int slices() {
    return window.get().earlier.size() + 1;
  }

  private List<Slice> live(Window known, long nowNanos) {
    List<Slice> live = new ArrayList<>(known.earlier);
    live.add(known.current);
    live.removeIf(slice -> nowNanos - slice.endNanos >= windowNanos - sliceNanos);
    return List.copyOf(live);
  }

  /**
   * The slices at a moment.
   *
   * @param current which outcomes are counted in now
   * @param earlier the others that are not too old
   */
  private record Window(Slice current, List<Slice> earlier) {}

  private static final class Slice { // knows no other, or none would ever be let go

    private final long endNanos;
    private final LongAdder successes = new LongAdder();
    private final LongAdder failures = new LongAdder();

    Slice(long endNanos) {
      this.endNanos = endNanos;
    }
  }
}
