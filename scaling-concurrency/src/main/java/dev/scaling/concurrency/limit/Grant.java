package dev.scaling.concurrency.limit;

/**
 * What one ask was given, and where the limits stood then.
 *
 * @param calls how many of its calls were granted
 * @param nowMicros the store's clock when it decided
 * @param before the TATs before the permits were taken
 * @param after the TATs with the permits taken
 * @param sentNanos the monotonic clock when it was asked: the store decided after that
 * @param receivedNanos the monotonic clock when the answer was here: it decided before that
 */
@SuppressWarnings("ArrayRecordComponent") // nobody compares two of them
record Grant(
    long calls,
    double nowMicros,
    double[] before,
    double[] after,
    long sentNanos,
    long receivedNanos) {}
