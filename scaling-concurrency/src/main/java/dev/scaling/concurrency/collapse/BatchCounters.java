package dev.scaling.concurrency.collapse;

import java.util.concurrent.atomic.LongAdder;

/** What a batcher counts. */
final class BatchCounters {

  final LongAdder leaders = new LongAdder();
  final LongAdder followers = new LongAdder();
  final LongAdder batches = new LongAdder();
  final LongAdder keys = new LongAdder();
  final LongAdder failures = new LongAdder();
  final LongAdder abandoned = new LongAdder();

  BatcherSnapshot snapshot(int pending, int underWay) {
    return new BatcherSnapshot(
        leaders.sum(),
        followers.sum(),
        batches.sum(),
        keys.sum(),
        failures.sum(),
        abandoned.sum(),
        pending,
        underWay);
  }
}
