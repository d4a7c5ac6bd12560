package dev.scaling.resilience;

/**
 * What comes into the tokens of this process, in millionths.
 *
 * @param mostMicros beyond which nothing comes in
 * @param perSuccessMicros for each call whose first attempt succeeds
 * @param microsPerNano for each nanosecond
 * @param lagNanos for how long what exceeds the most may still go to the pool; 0 if there is none
 */
record Income(long mostMicros, long perSuccessMicros, double microsPerNano, long lagNanos) {

  boolean isTimed() {
    return microsPerNano > 0 || isShared();
  }

  boolean isShared() {
    return lagNanos > 0;
  }
}
