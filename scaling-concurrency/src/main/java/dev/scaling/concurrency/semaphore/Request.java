package dev.scaling.concurrency.semaphore;

/**
 * What an instance tells Redis of its block: absolute numbers, so that a call whose reply was lost
 * is mended by the next one.
 *
 * @param number raised with each call; Redis ignores one that comes after a later one
 * @param most how many permits the instance keeps of those it has
 * @param want how many it would have
 * @param waits whether it waits for those it does not get
 * @param fencingTokens how many it needs
 * @param sentNanos when the call was sent, or shortly before
 */
record Request(
    long number, int most, int want, boolean waits, long fencingTokens, long sentNanos) {}
