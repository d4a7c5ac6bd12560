package dev.scaling.jmh;

import java.time.Duration;

/**
 * How long the scorecard measures.
 *
 * @param rounds how often each side takes its turn; odd, so that the median is one of them
 * @param warmUp how long each side runs before, in turns too
 * @param round the length of one turn
 */
record Effort(int rounds, Duration warmUp, Duration round) {

  static final Effort FULL = new Effort(41, Duration.ofSeconds(6), Duration.ofMillis(125));

  /** Shows that everything runs. The numbers mean nothing. */
  static final Effort QUICK = new Effort(1, Duration.ofMillis(20), Duration.ofMillis(10));

  /**
   * Returns this effort with four times the warm-up, for the first comparison of what takes a tenth
   * of a millisecond: after six seconds of it the compiler is still at work, on both sides.
   */
  Effort warmedUpLonger() {
    return new Effort(rounds, warmUp.multipliedBy(4), round);
  }
}
