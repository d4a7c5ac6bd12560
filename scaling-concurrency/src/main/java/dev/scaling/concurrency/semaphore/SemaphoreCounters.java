package dev.scaling.concurrency.semaphore;

import java.util.concurrent.atomic.LongAdder;

/** What a semaphore counts. */
final class SemaphoreCounters {

  final LongAdder granted = new LongAdder();
  final LongAdder refused = new LongAdder();
  final LongAdder handedOn = new LongAdder();
  final LongAdder lost = new LongAdder();
  final LongAdder redisCalls = new LongAdder();
  final LongAdder redisFailures = new LongAdder();

  SemaphoreSnapshot snapshot(
      int inUse, int held, int waiting, boolean isContended, boolean isRedisAway) {
    return new SemaphoreSnapshot(
        granted.sum(),
        refused.sum(),
        handedOn.sum(),
        lost.sum(),
        redisCalls.sum(),
        redisFailures.sum(),
        inUse,
        held,
        waiting,
        isContended,
        isRedisAway);
  }
}
