package dev.scaling.cache;

/**
 * The numbers of a cache since it was built.
 *
 * @param localHits reads answered by the local tier
 * @param localMisses reads that the local tier could not answer
 * @param localEntries how many entries the local tier holds now, about
 * @param localEvictions entries that left the local tier for want of room or by age
 * @param remoteHits keys answered by Redis
 * @param remoteMisses keys that Redis had no value for
 * @param loads keys loaded from the source
 * @param loadFailures keys whose load failed or took too long
 * @param leaseWaits times that a key waited for the load of another instance
 * @param fillsRejected loaded values that were served but not stored, because the key was
 *     invalidated while they were loaded
 * @param notStored loaded values that were served but not stored, because they were too large,
 *     could not be encoded, or Redis did not take them
 * @param unreadable values in Redis that could not be read: of another schema, codec, or damaged
 * @param invalidationsSent keys whose invalidation was delivered
 * @param invalidationsFailed keys whose invalidation could not be delivered
 * @param invalidationsReceived keys that messages asked to drop, this instance's own among them
 * @param fencesLost updates whose fence could not be kept
 * @param redisFailures calls to Redis that failed
 * @param redisSkipped keys that were not asked of Redis because it does not answer
 */
public record CacheSnapshot(
    long localHits,
    long localMisses,
    long localEntries,
    long localEvictions,
    long remoteHits,
    long remoteMisses,
    long loads,
    long loadFailures,
    long leaseWaits,
    long fillsRejected,
    long notStored,
    long unreadable,
    long invalidationsSent,
    long invalidationsFailed,
    long invalidationsReceived,
    long fencesLost,
    long redisFailures,
    long redisSkipped) {}
