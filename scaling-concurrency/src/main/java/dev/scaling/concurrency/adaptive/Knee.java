package dev.scaling.concurrency.adaptive;

import org.jspecify.annotations.Nullable;

/**
 * Finds the limit at which more concurrency stops to bring throughput: numbers in, a limit out.
 *
 * <p>Not safe for use by many threads.
 */
final class Knee {

  /*
   * The knee of the throughput curve, found by experiment.
   *
   * While the limit keeps calls back, a window now and then runs with half of it. What that does to
   * the throughput says on which side of the knee the limit is: half the throughput is lost below it,
   * none above. The limit is where the congestion is TARGET: there a little more concurrency
   * brings as much throughput as latency, in percent, so throughput / latency, the power [1], is greatest.
   *
   *   - No latency is remembered as "the latency without load". Limits that do, drift: under lasting
   *     overload the memory becomes the overload's own latency (Netflix/concurrency-limits#165, and the
   *     control of AdaptiveLimitSimulationTest). Here all that counts is a contrast of some hundred
   *     milliseconds ago, so there is nothing that could drift.
   *   - The limit moves on evidence only: when the congestion is off the target by more than BAND and
   *     its uncertainty together. While it is not, experiments become rare: at most one window in
   *     MOST_PERIOD runs with half the limit.
   *   - An experiment counts only if the throughput comes back in the window after it. A dependency
   *     that gets faster and slower by itself would else drive the limit down: of its changes those
   *     that look like a slope beyond MOST_SLOPE are left out, and their opposites are not.
   *   - Windows are numbered by the wall clock (Windows), so that all instances of a service do their
   *     experiments at the same time. Alone, an instance that halves its own share of an overloaded
   *     dependency loses half of its throughput to the others, and would learn to take more.
   *   - Without calls kept back nothing is learned, and nothing moves.
   *
   * The slope as a guard against drift: failsafe-go's adaptivelimiter and Uber's Cinnamon correlate
   * usage with throughput [2, 3]; to halve the usage on purpose measures the same in a few hundred calls.
   *
   * [1] L. Kleinrock, Power and deterministic rules of thumb for probabilistic problems in computer
   *     communications, ICC 1979
   * [2] https://failsafe-go.dev/adaptive-limiters/
   * [3] https://www.uber.com/blog/cinnamon-using-century-old-tech-to-build-a-mean-load-shedder/
   */

  private static final double TARGET = 0.5;
  private static final double BAND = 0.09;
  private static final double CAUTION = 0.8; // of the uncertainty, left out of a step
  private static final double LEAST_STEP = -0.35; // of ln limit
  private static final double MOST_STEP = 0.65;
  private static final int LEAST_PERIOD = 2;
  private static final int MOST_PERIOD = 32;
  private static final int SURE_AFTER = 4; // experiments before they become rarer
  private static final double CHANGE = 0.25; // of ln throughput, twice: the dependency has changed

  private final int least;
  private final int most;
  private final Congestion congestion = new Congestion();

  private double exact; // the limit, before it is cut to a whole number
  private int period = LEAST_PERIOD;
  private @Nullable Observation base; // the window before, if a window of half the limit may follow
  private boolean probing;
  private @Nullable Observation tried; // with half the limit, until the window after it ends
  private double usual; // throughput since the last move; 0 if not known
  private int unusual; // windows in a row that differ from it

  Knee(int least, int most, int initial) {
    this.least = least;
    this.most = most;
    exact = initial;
  }

  /** Returns the limit that has been found so far. */
  int limit() {
    return (int) exact;
  }

  /** Returns the limit to be used in a window that begins. */
  int begin(long window) {
    int probe = probe();
    probing =
        base != null && tried == null && probe != limit() && Math.floorMod(window, period) == 0;
    return probing ? probe : limit();
  }

  /** Learns from the window that ends. */
  void end(Observation seen) {
    if (seen.isOverloaded()) {
      step(LEAST_STEP);
      forget();
    } else if (probing) {
      tried = seen;
    } else {
      var probe = tried;
      tried = null;
      int before = limit();
      if (probe != null && !isChanged(probe, seen)) {
        compare(probe);
      }
      if (limit() == before) {
        watch(seen);
        base = seen.isBinding() ? seen : null;
      }
    }
  }

  /**
   * Returns whether the throughput did not come back after an experiment, most of the way: then it
   * was not the limit that made the difference.
   */
  private boolean isChanged(Observation probe, Observation after) {
    var before = base;
    if (before == null || probe.successes() == 0 || after.successes() == 0) {
      return true;
    }
    double change = Math.abs(Math.log(after.throughput() / before.throughput()));
    double meant = Math.abs(Math.log(probe.throughput() / before.throughput()));
    double noise = 3 * Math.sqrt(1.0 / before.successes() + 1.0 / after.successes());
    return change > Math.max(Math.max(CHANGE, noise), meant / 2);
  }

  /** Returns whether the window that begins ends an experiment, and must be like those before. */
  boolean isTrying() {
    return tried != null;
  }

  /** Learns nothing from the window that ends: it was cut, or too short. */
  void skip() {
    base = null;
    tried = null;
  }

  /** Returns the limit of an experiment: half of it, or twice the least one. */
  private int probe() {
    int half = Math.max(least, limit() / 2);
    return half < limit() ? half : Math.min(most, 2 * limit());
  }

  private void compare(Observation probe) {
    var usualUsage = base;
    base = null;
    if (usualUsage == null || probe.successes() == 0) {
      return;
    }
    if (!probe.isBinding() && probe.usage() < usualUsage.usage()) {
      return; // not the limit made the difference: fewer calls came
    }
    if (!congestion.add(usualUsage, probe)) {
      forget();
      return;
    }
    if (congestion.experiments() == 0) {
      return;
    }
    double excess = congestion.value() - TARGET;
    if (Math.abs(excess) > BAND + congestion.uncertainty()) {
      // What stands out of the noise was mostly helped by it: hence the caution.
      double sure = Math.max(BAND, Math.abs(excess) - CAUTION * congestion.uncertainty());
      if (step(-Math.signum(excess) * sure * (0.5 + 2 * sure))) {
        forget();
      } else {
        settle(); // it may not go further, and what was learned holds
      }
    } else {
      settle();
    }
  }

  /** Moves the limit by a factor, by one at least; returns whether it could move. */
  private boolean step(double logarithm) {
    int before = limit();
    double next = exact * Math.exp(Math.max(LEAST_STEP, Math.min(MOST_STEP, logarithm)));
    if ((int) next == before) {
      next = before + Math.signum(logarithm);
    }
    exact = Math.max(least, Math.min(most, next));
    return limit() != before;
  }

  /** Lets the next experiment come later, after one that moved nothing. */
  private void settle() {
    if (congestion.experiments() > SURE_AFTER) {
      period = Math.min(MOST_PERIOD, 2 * period);
    }
  }

  /** Notices when the dependency is not what it was. */
  private void watch(Observation seen) {
    if (seen.successes() == 0) {
      return;
    }
    double now = seen.throughput();
    double noise = 3 * Math.sqrt(2.0 / seen.successes());
    if (usual == 0) {
      usual = now;
    } else if (Math.abs(Math.log(now / usual)) <= Math.max(CHANGE, noise)) {
      usual += (now - usual) / 8;
      unusual = 0;
    } else if (++unusual == 2) {
      forget();
    }
  }

  private void forget() {
    congestion.clear();
    period = LEAST_PERIOD;
    base = null;
    tried = null;
    usual = 0;
    unusual = 0;
  }
}
