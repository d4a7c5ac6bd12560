package dev.scaling.concurrency.limit;

/**
 * The numbers of a limiter since it was built.
 *
 * @param permitsGranted permits that callers got, or that a limiter within this one gave back
 * @param callsGranted calls that got some
 * @param callsRefused calls that got none, but for those that an outer limiter refused
 * @param rememberedRefusals those of them that were refused since an earlier refusal still held;
 *     refusals by an allotment need no round trip either, and are not among them
 * @param fallbacks calls that were decided without Redis, granted or not
 * @param redisFailures calls to Redis that failed, heartbeats among them
 * @param keys keys that this instance remembers something of now
 * @param instances instances that are alive, as Redis said last
 * @param isRedisAway whether Redis is taken for away now, so that {@code whenRedisFails} decides
 */
public record LimiterSnapshot(
    long permitsGranted,
    long callsGranted,
    long callsRefused,
    long rememberedRefusals,
    long fallbacks,
    long redisFailures,
    long keys,
    long instances,
    boolean isRedisAway) {}
