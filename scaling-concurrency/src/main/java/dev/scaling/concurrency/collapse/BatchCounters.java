package dev.scaling.concurrency.collapse;

import java.util.concurrent.atomic.LongAdder;

/** What a batcher counts outside its lock. */
final class BatchCounters {

  final LongAdder batches = new LongAdder();
  final LongAdder keys = new LongAdder();
  final LongAdder failures = new LongAdder();
  final LongAdder abandoned = new LongAdder();

  BatcherSnapshot snapshot(long leaders, long followers, int pending, int underWay) {
    return new BatcherSnapshot(
        leaders,
        followers,
        batches.sum(),
        keys.sum(),
        failures.sum(),
        abandoned.sum(),
        pending,
        underWay);
  }
}
