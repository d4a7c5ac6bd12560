package dev.scaling.concurrency.limit;

import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Where the state of the keys is: Redis, or this process. */
interface Store {

  /**
   * Takes permits for some asks of a key, in their order, at once.
   *
   * @return what was taken; fails with a {@code RedisCallException}
   */
  CompletableFuture<Taken> take(String key, List<Ask> asks);

  /** Gives the permits of a grant back, if nobody has taken any since. */
  CompletableFuture<Boolean> refund(String key, Grant grant);

  /**
   * What a store has taken.
   *
   * @param nowMicros its clock
   * @param tats where the limits stood before
   * @param calls for each ask how many of its calls were granted; 0 of a debt, of which each limit
   *     has taken what it had
   */
  @SuppressWarnings("ArrayRecordComponent") // nobody compares two of them
  record Taken(double nowMicros, double[] tats, long[] calls) {}
}
