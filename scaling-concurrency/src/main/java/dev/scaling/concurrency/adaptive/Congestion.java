package dev.scaling.concurrency.adaptive;

/**
 * How much of additional concurrency turns into waiting: from experiments, in each of which the
 * throughput was seen at two usages shortly after one another.
 *
 * <p>Not safe for use by many threads.
 */
final class Congestion {

  /*
   * The elasticity of the latency with respect to the usage. With X for the throughput, N for the
   * usage and R = N / X for the latency (Little's law):
   *
   *   congestion = d ln R / d ln N = 1 - d ln X / d ln N
   *
   * 0: twice as many calls at a time get twice as much done. 1: they only wait twice as long. Above
   * 1: they get less done. An experiment gives one slope, d ln X / d ln N, whose variance is that of
   * two counts; slopes are averaged by their weights, and older ones fade.
   */

  private static final double LEAST_DISTANCE = 0.25; // of ln N: below, the slope is mostly noise
  private static final double MOST_SLOPE = 1.3; // more than linear: the dependency has changed
  private static final double CERTAINTY = 2.5; // standard errors
  private static final double FADING = 0.95;

  private double weight;
  private double weightedSlopes;
  private int experiments;

  /** Takes an experiment into account; returns whether it made sense. */
  boolean add(Observation one, Observation other) {
    double distance = Math.log(one.usage() / other.usage());
    if (Math.abs(distance) < LEAST_DISTANCE) {
      return true;
    }
    double gain = Math.log(one.throughput() / other.throughput());
    double variance = 1.0 / one.successes() + 1.0 / other.successes();
    double error = Math.sqrt(variance) / Math.abs(distance);
    if (gain / distance > MOST_SLOPE + CERTAINTY * error) {
      return false;
    }
    weight = FADING * weight + distance * distance / variance;
    weightedSlopes = FADING * weightedSlopes + distance * gain / variance;
    experiments++;
    return true;
  }

  /** Forgets all experiments: they were about something else. */
  void clear() {
    weight = 0;
    weightedSlopes = 0;
    experiments = 0;
  }

  int experiments() {
    return experiments;
  }

  /** Returns the estimate. Only with experiments. */
  double value() {
    return 1 - weightedSlopes / weight;
  }

  /** Returns by how much the estimate may be wrong, with a certainty of 99 percent. */
  double uncertainty() {
    return CERTAINTY / Math.sqrt(weight);
  }
}
