package dev.scaling.concurrency.limit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What was used when, and by how much that was more than a limit allows. */
final class Envelope {

  private final List<double[]> uses = new ArrayList<>();

  void add(long micros, long permits) {
    uses.add(new double[] {(double) micros, (double) permits});
  }

  long total() {
    return uses.stream().mapToLong(use -> (long) use[1]).sum();
  }

  /** Returns the most permits in any window of a length, its end left out. */
  long mostIn(Duration window) {
    uses.sort((one, other) -> Double.compare(one[0], other[0]));
    long most = 0;
    long inside = 0;
    int first = 0;
    for (double[] use : uses) {
      inside += (long) use[1];
      while (use[0] - uses.get(first)[0] >= window.toNanos() / 1e3) {
        inside -= (long) uses.get(first++)[1];
      }
      most = Math.max(most, inside);
    }
    return most;
  }

  /**
   * Returns the most permits that any window of time saw beyond burst + rate * window; negative if
   * none did.
   */
  double excess(RateLimit limit) {
    uses.sort((one, other) -> Double.compare(one[0], other[0]));
    double perMicro = limit.permits() * 1e3 / limit.period().toNanos();
    double worst = Double.NEGATIVE_INFINITY;
    double before = 0;
    double best = Double.NEGATIVE_INFINITY; // of rate * begin - permits before
    for (double[] use : uses) {
      best = Math.max(best, perMicro * use[0] - before);
      before += use[1];
      worst = Math.max(worst, before - perMicro * use[0] + best);
    }
    return worst - limit.burst();
  }
}
