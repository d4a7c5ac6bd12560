package dev.scaling.concurrency.queue;

import java.time.Duration;

/**
 * The numbers of a queue at one moment; those of calls and items since it was built. In each
 * snapshot {@code accepted} is {@code handled + deadLetters() + waiting + running}.
 *
 * @param accepted items that were accepted
 * @param refused puts that found no room in the time they had, or waited when the queue was closed
 * @param handled items whose handler returned, or whose stage succeeded
 * @param failed items given up as {@link DeadLetter.Reason#FAILED}
 * @param expired items given up as {@link DeadLetter.Reason#EXPIRED}
 * @param closed items given up as {@link DeadLetter.Reason#CLOSED}
 * @param overflowed items given up as {@link DeadLetter.Reason#OVERFLOWED}
 * @param hookFailures calls of the dead-letter hook that threw
 * @param waiting items that wait for their turn now
 * @param running items that have a slot now
 * @param producers puts that wait for room now
 * @param undelivered dead letters whose call of the hook has not returned yet
 * @param oldestAge how long ago the first of the waiting items was accepted; zero if none waits
 */
public record QueueSnapshot(
    long accepted,
    long refused,
    long handled,
    long failed,
    long expired,
    long closed,
    long overflowed,
    long hookFailures,
    int waiting,
    int running,
    int producers,
    int undelivered,
    Duration oldestAge) {

  /** Returns how many items were given up, for whatever reason. */
  public long deadLetters() {
    return failed + expired + closed + overflowed;
  }
}
