package dev.scaling.concurrency.queue;

import dev.scaling.concurrency.queue.DeadLetter.Reason;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;

/** What a queue counts. Guarded by its lock, so that the numbers of a snapshot add up. */
final class Tally {

  long accepted;
  long refused;
  long handled;
  long hookFailures;
  private final Map<Reason, Long> deadLetters = new EnumMap<>(Reason.class);

  void givenUp(Reason reason) {
    deadLetters.merge(reason, 1L, Long::sum);
  }

  QueueSnapshot snapshot(
      int waiting, int running, int producers, int undelivered, long oldestNanos) {
    return new QueueSnapshot(
        accepted,
        refused,
        handled,
        of(Reason.FAILED),
        of(Reason.EXPIRED),
        of(Reason.CLOSED),
        of(Reason.OVERFLOWED),
        hookFailures,
        waiting,
        running,
        producers,
        undelivered,
        Duration.ofNanos(Math.max(0, oldestNanos)));
  }

  private long of(Reason reason) {
    return deadLetters.getOrDefault(reason, 0L);
  }
}
