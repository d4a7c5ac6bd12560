package dev.scaling.jmh;

import java.util.Arrays;

/**
 * Measures two sides in turns: on a shared machine only what was measured side by side compares.
 *
 * @param ours the median of our rounds
 * @param peer the median of the peer's
 */
record Duel(double ours, double peer) {

  /** Slices of the warm-up, so that neither side is compiled in a world without the other. */
  private static final int WARM_UP_TURNS = 4;

  static Duel between(Effort effort, Side ours, Side peer) throws Exception {
    long turnNanos = effort.warmUp().toNanos() / WARM_UP_TURNS;
    for (int i = 0; i < WARM_UP_TURNS; i++) {
      ours.measure(turnNanos);
      peer.measure(turnNanos);
    }
    var mine = new double[effort.rounds()];
    var theirs = new double[effort.rounds()];
    for (int i = 0; i < effort.rounds(); i++) {
      mine[i] = ours.measure(effort.round().toNanos());
      theirs[i] = peer.measure(effort.round().toNanos());
    }
    return new Duel(median(mine), median(theirs));
  }

  static double median(double[] readings) {
    double[] sorted = readings.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  /** What is measured. */
  @FunctionalInterface
  interface Side {

    /** Runs for about the given time, and returns a number that compares with the other side's. */
    double measure(long lengthNanos) throws Exception;
  }
}
