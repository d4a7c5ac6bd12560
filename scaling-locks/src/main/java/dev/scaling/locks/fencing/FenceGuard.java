package dev.scaling.locks.fencing;

import dev.scaling.core.Time;
import dev.scaling.core.redis.Redis;
import java.time.Duration;

/**
 * Refuses a fencing token that is older than one already seen of the same resource.
 *
 * <p>A lock cannot stop a holder that was paused, and goes on after its lease has ended and another
 * has the lock. Only the resource can: it remembers the greatest token that it has seen, and
 * refuses smaller ones. Tokens are positive, and greater from holder to holder. A token equal to
 * the greatest is accepted, since a holder may write many times.
 *
 * <p><b>A check protects only a write that is atomic with it.</b> Between a check and a write that
 * comes after it, the holder may be paused like anywhere else. So keep the token beside what it
 * protects, and check in the same atomic step:
 *
 * <ul>
 *   <li>data in a database: {@link #jdbc(String)}, in the transaction that writes;
 *   <li>data in Redis: {@link RedisFenceGuard#script}, where check and write are one script;
 *   <li>data in this process: {@link #inMemory(String)}, under the lock that guards the data.
 * </ul>
 *
 * <p>{@link #check} alone, before a write elsewhere, makes the window small and leaves it open.
 *
 * <p>Guards are safe for use by many threads. None needs to be closed.
 */
public sealed interface FenceGuard permits MemoryFenceGuard, RedisFenceGuard {

  /**
   * Accepts a fencing token, and from then on refuses all smaller ones of the resource.
   *
   * @param resource what is protected, such as {@code invoice:42}: 1 to 10,240 bytes of UTF-8
   * @param fencingToken from 1
   * @throws StaleFencingTokenException if a greater one was seen; nothing has changed then
   * @throws TooManyResourcesException if the guard is one in memory and is full
   * @throws dev.scaling.core.redis.RedisCallException if the guard is one in Redis, which did not
   *     answer: the token was perhaps accepted, and must be treated as refused. It does no harm to
   *     check the same one again.
   * @throws java.util.concurrent.CancellationException if the thread is interrupted while it waits
   *     for Redis
   */
  void check(String resource, long fencingToken);

  /**
   * Accepts a fencing token as {@link #check} does, or returns {@code false} if a greater one was
   * seen. Every other failure is thrown, as there.
   */
  boolean tryCheck(String resource, long fencingToken);

  /**
   * Returns a guard in this process with room for 100,000 resources and a retention of a day; see
   * {@link #inMemory(String, int, Duration)}.
   *
   * @param name 1 to 64 letters, digits, dots, dashes and underscores
   */
  static FenceGuard inMemory(String name) {
    return inMemory(name, 100_000, Duration.ofDays(1));
  }

  /**
   * Returns a guard in this process, which forgets everything when the process ends. It is for data
   * that ends then, too. A check takes well under a microsecond.
   *
   * <p>A token is forgotten only to make room, and only once its resource was not checked for the
   * retention. If there is no such one, a resource that is not known yet is refused with a
   * {@link TooManyResourcesException}; those that are known work on. To forget a younger one would
   * let old holders of it pass; to refuse what is below the greatest token forgotten would shut out
   * new holders of other resources, whose tokens are in no order with it.
   *
   * @param name 1 to 64 letters, digits, dots, dashes and underscores
   * @param maximumResources how many to remember, from 1 to 10,000,000
   * @param retention for how long a token is kept at least after the last check of its resource,
   *     from 1 second to 366 days: more than a holder may be paused
   */
  static FenceGuard inMemory(String name, int maximumResources, Duration retention) {
    return new MemoryFenceGuard(name, maximumResources, retention, Time.system());
  }

  /**
   * Returns a guard in Redis with the settings of {@link RedisFenceGuardBuilder}.
   *
   * @param name 1 to 64 letters, digits, dots, dashes and underscores; guards of one name and
   *     prefix share what they have seen
   */
  static RedisFenceGuard redis(String name, Redis redis) {
    return RedisFenceGuard.builder(name, redis).build();
  }

  /**
   * Returns a guard in the user's database.
   *
   * @param table as created by {@link JdbcFenceGuard#DDL}, and perhaps of another name: letters,
   *     digits and underscores, the first no digit, up to 63; one more such name and a dot may
   *     stand in front, for the schema
   */
  static JdbcFenceGuard jdbc(String table) {
    return new JdbcFenceGuard(table);
  }
}
