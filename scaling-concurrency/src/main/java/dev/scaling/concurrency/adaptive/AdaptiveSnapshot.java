package dev.scaling.concurrency.adaptive;

/**
 * The numbers of a limit, those of calls since it was built.
 *
 * @param successes calls that ended with {@link AdaptivePermit#success}
 * @param overloads calls that ended with {@link AdaptivePermit#overload}
 * @param others calls that ended otherwise
 * @param refused calls for which there was no slot and no room to wait
 * @param waitedTooLong calls that waited, and got no slot in time
 * @param limit how many calls there may be at a time, as far as has been found
 * @param usage calls under way now
 * @param waiting calls that wait now
 */
public record AdaptiveSnapshot(
    long successes,
    long overloads,
    long others,
    long refused,
    long waitedTooLong,
    int limit,
    int usage,
    int waiting) {}
