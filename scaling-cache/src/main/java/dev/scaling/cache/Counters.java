package dev.scaling.cache;

import java.util.concurrent.atomic.LongAdder;

/** What a cache counts. Local hits and misses are counted by the local tier itself. */
final class Counters {

  final LongAdder remoteHits = new LongAdder();
  final LongAdder remoteMisses = new LongAdder();
  final LongAdder loads = new LongAdder();
  final LongAdder loadFailures = new LongAdder();
  final LongAdder leaseWaits = new LongAdder();
  final LongAdder fillsRejected = new LongAdder();
  final LongAdder notStored = new LongAdder();
  final LongAdder unreadable = new LongAdder();
  final LongAdder invalidationsSent = new LongAdder();
  final LongAdder invalidationsFailed = new LongAdder();
  final LongAdder invalidationsReceived = new LongAdder();
  final LongAdder fencesLost = new LongAdder();
  final LongAdder redisFailures = new LongAdder();
  final LongAdder redisSkipped = new LongAdder();
}
