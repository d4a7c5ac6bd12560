package dev.scaling.resilience;

import java.util.random.RandomGenerator;

/** What a throttle is to those who call: the shipped one, or one with a mistake in it. */
interface Valve {

  /** Asks whether a call may be made. */
  boolean tryAdmit(long nowNanos);

  /** A call has ended, and the dependency had accepted it or not. */
  void ended(long nowNanos, boolean isAccepted);

  double dropRatio();

  /** The shipped throttle. */
  static Valve of(ThrottleRule rule, RandomGenerator random, long nowNanos) {
    var throttle = new Throttle(rule, random, nowNanos);
    return new Valve() {
      @Override
      public boolean tryAdmit(long now) {
        return throttle.tryAdmit(now);
      }

      @Override
      public void ended(long now, boolean isAccepted) {
        if (isAccepted) {
          throttle.accepted(now);
        }
      }

      @Override
      public double dropRatio() {
        return throttle.dropRatio();
      }
    };
  }

  /** Makes one. */
  interface Maker {

    Valve of(ThrottleRule rule, RandomGenerator random, long nowNanos);
  }
}
