package dev.scaling.concurrency.adaptive;

/**
 * What happened in a stretch of time.
 *
 * @param successes calls that succeeded
 * @param usages the sum of the usages that those calls saw when they ended
 * @param overloads calls that found the dependency overloaded
 * @param blocked calls that found no slot free when they came
 * @param seconds the length of the stretch
 */
record Observation(long successes, long usages, long overloads, long blocked, double seconds) {

  private static final double BINDING_SHARE = 0.05;
  private static final long FEW = 10;

  /** Returns successes a second. */
  double throughput() {
    return successes / seconds;
  }

  /**
   * Returns how many calls were under way at a time: one at least, even if counts disagree a bit.
   */
  double usage() {
    return Math.max(1, (double) usages / successes);
  }

  /** Returns how long a call took, by Little's law. */
  double latencySeconds() {
    return usage() / throughput();
  }

  /** Returns whether the limit kept calls back, so that the throughput tells something about it. */
  boolean isBinding() {
    return successes > 0 && blocked >= BINDING_SHARE * successes;
  }

  /** Returns whether most calls found the dependency overloaded. */
  boolean isOverloaded() {
    return overloads >= FEW && overloads > successes;
  }
}
