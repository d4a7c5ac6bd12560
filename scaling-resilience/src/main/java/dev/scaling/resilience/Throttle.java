package dev.scaling.resilience;

import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.random.RandomGenerator;

/**
 * Refuses calls at the client while the dependency refuses too many of them: then even to refuse
 * would cost the dependency more than it has. So many calls reach it as it accepts, times
 * {@code k}; and a tenth of all calls at least, by which its recovery is noticed.
 *
 * <p>Safe for use by many threads. No method blocks, allocates (but once in a refresh), or reads a
 * clock.
 */
final class Throttle {

  /*
   * Adaptive throttling, Google SRE book, chapter 21, "Handling Overload",
   * https://sre.google/sre-book/handling-overload/: each call is refused with the probability
   *
   *   p = max(0, (requests - k * accepts) / (requests + 1)), at most 0.9
   *
   * over the last window. A request counts before it is sent, and if it is refused here too; else p would
   * lag by as long as calls last, and fall as soon as it has risen.
   *
   * With a demand of R and a dependency that accepts A of what reaches it, p settles where R (1 - p) = k A:
   * it gets k times what it accepts, or (1 - 0.9) R if that is more. One that accepts a share q of
   * whatever it gets is left alone while q >= 1 / k, and is throttled to a tenth below.
   *
   * A call increments striped counters and reads one reference. The window moves, and p is computed, at
   * most once in 100 ms or a 60th of the window, whichever is less, by one compare-and-set; whoever loses
   * it goes by what the winner has found. The window is read before the counters are summed: so no sum is
   * less than one that an earlier window holds.
   */

  private final RandomGenerator random;
  private final LongAdder requests = new LongAdder();
  private final LongAdder accepts = new LongAdder();
  private final LongAdder rejections = new LongAdder();
  private final AtomicReference<ThrottleWindow> window;

  /**
   * Creates a throttle that has seen nothing.
   *
   * @param random for many threads
   * @param nowNanos by the clock of all later calls
   */
  Throttle(ThrottleRule rule, RandomGenerator random, long nowNanos) {
    this.random = random;
    window = new AtomicReference<>(ThrottleWindow.starting(rule, nowNanos));
  }

  /**
   * Counts a call that is to be made, and returns whether it may be. Draws from chance only if
   * calls are refused at all now.
   */
  boolean tryAdmit(long nowNanos) {
    double dropRatio = at(nowNanos).dropRatio();
    requests.increment();
    if (dropRatio > 0 && random.nextDouble() < dropRatio) {
      rejections.increment();
      return false;
    }
    return true;
  }

  /** Counts a call that the dependency did not refuse for its load, even if it failed otherwise. */
  void accepted(long nowNanos) {
    at(nowNanos);
    accepts.increment();
  }

  /** Returns with which probability calls are refused, from 0 to 0.9, as of the last call. */
  double dropRatio() {
    return window.get().dropRatio();
  }

  /** Returns how many calls were to be made. */
  long requests() {
    return requests.sum();
  }

  /** Returns how many of them the dependency accepted. */
  long accepts() {
    return accepts.sum();
  }

  /** Returns how many of them were refused here. */
  long rejections() {
    return rejections.sum();
  }

  private ThrottleWindow at(long nowNanos) {
    var known = window.get();
    if (!known.isOld(nowNanos)) {
      return known;
    }
    var next = known.at(nowNanos, requests.sum(), accepts.sum());
    return window.compareAndSet(known, next) ? next : window.get();
  }
}
