package dev.scaling.resilience;

/**
 * What comes into a {@link RetryBudget}, in millionths of tokens.
 *
 * @param mostMicros beyond which nothing comes in
 * @param perSuccessMicros for each call whose first attempt succeeds
 * @param microsPerNano for each nanosecond
 */
record Income(long mostMicros, long perSuccessMicros, double microsPerNano) {

  boolean isTimed() {
    return microsPerNano > 0;
  }
}
