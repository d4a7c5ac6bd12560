/**
 * The port to Redis: {@link dev.scaling.core.redis.Redis}, a few asynchronous verbs on bytes over a
 * Redisson client.
 *
 * <p>An application makes one {@code Redis} and hands it to the components; only they call its
 * verbs. Nothing here re-sends a command whose outcome is unknown, and nothing reads from a
 * replica.
 */
package dev.scaling.core.redis;
