package dev.scaling.concurrency.semaphore;

import java.time.Duration;
import java.util.random.RandomGenerator;

/** When an instance calls Redis. Not safe for use by many threads. */
final class Pace {

  /*
   * A heartbeat each third of a lease, so that two may be lost. An instance that waits asks besides, for
   * the case that the message which would wake it was lost: after FIRST_POLL, then after twice as long
   * each time. After a failure one call in PROBE tries Redis, half of the pause left to chance.
   */

  static final Duration FIRST_POLL = Duration.ofMillis(100);
  private static final Duration PROBE = Duration.ofMillis(100);

  private final long leaseNanos;
  private final RandomGenerator random;
  private long sentNanos;
  private long notBeforeNanos;
  private long pollNanos;

  Pace(long leaseNanos, RandomGenerator random, long nowNanos) {
    this.leaseNanos = leaseNanos;
    this.random = random;
    sentNanos = nowNanos - 2 * leaseNanos;
    notBeforeNanos = nowNanos;
    restartPolls();
  }

  void restartPolls() {
    pollNanos = Math.min(FIRST_POLL.toNanos(), leaseNanos / 3);
  }

  void sent(long nowNanos, boolean isQueued) {
    sentNanos = nowNanos;
    if (isQueued) {
      pollNanos = Math.min(2 * pollNanos, leaseNanos / 3);
    }
  }

  void failed(long nowNanos) {
    notBeforeNanos = nowNanos + PROBE.toNanos() / 2 + random.nextLong(PROBE.toNanos() / 2 + 1);
  }

  /** Returns whether a call may be sent: always, but for the pause after a failure. */
  boolean isOpen(long nowNanos) {
    return untilOpen(nowNanos) <= 0;
  }

  long untilOpen(long nowNanos) {
    return notBeforeNanos - nowNanos;
  }

  long untilBeat(long nowNanos) {
    return Math.max(sentNanos + leaseNanos / 3 - nowNanos, untilOpen(nowNanos));
  }

  long untilPoll(long nowNanos) {
    return Math.max(sentNanos + pollNanos - nowNanos, untilOpen(nowNanos));
  }

  /** Returns whether Redis has dropped all that the last call may have left there. */
  boolean isForgotten(long nowNanos) {
    return nowNanos - sentNanos > leaseNanos + leaseNanos / 10;
  }
}
