package dev.scaling.concurrency.semaphore;

/**
 * The numbers of one instance of a semaphore, those of calls since it was built.
 *
 * @param granted calls that got a permit
 * @param refused calls that got none
 * @param handedOn those granted whose permit came from another call here, without a round trip
 * @param lost permits whose lease ended before they were closed
 * @param redisCalls calls to Redis, heartbeats among them
 * @param redisFailures those of them that failed
 * @param inUse permits in use here now
 * @param held permits that this instance holds now, in use or not
 * @param waiting calls that wait here now
 * @param isContended whether other instances wait, as far as is known
 * @param isRedisAway whether the last call to Redis failed: it did not answer, or refused
 */
public record SemaphoreSnapshot(
    long granted,
    long refused,
    long handedOn,
    long lost,
    long redisCalls,
    long redisFailures,
    int inUse,
    int held,
    int waiting,
    boolean isContended,
    boolean isRedisAway) {}
