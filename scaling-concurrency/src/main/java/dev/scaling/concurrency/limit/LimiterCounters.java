package dev.scaling.concurrency.limit;

import dev.scaling.concurrency.limit.Decision.Source;
import java.util.concurrent.atomic.LongAdder;

/** What a limiter counts. */
final class LimiterCounters {

  final LongAdder permitsGranted = new LongAdder();
  final LongAdder callsGranted = new LongAdder();
  final LongAdder callsRefused = new LongAdder();
  final LongAdder rememberedRefusals = new LongAdder();
  final LongAdder fallbacks = new LongAdder();
  final LongAdder redisFailures = new LongAdder();

  void count(Decision decision) {
    if (decision.isPermitted()) {
      callsGranted.increment();
      permitsGranted.add(decision.permits());
    } else {
      callsRefused.increment();
    }
    if (decision.source() == Source.REMEMBERED_REFUSAL) {
      rememberedRefusals.increment();
    } else if (decision.source() == Source.FALLBACK) {
      fallbacks.increment();
    }
  }

  void granted(long permits) {
    callsGranted.increment();
    permitsGranted.add(permits);
  }

  LimiterSnapshot snapshot(long keys, long instances, boolean isRedisAway) {
    return new LimiterSnapshot(
        permitsGranted.sum(),
        callsGranted.sum(),
        callsRefused.sum(),
        rememberedRefusals.sum(),
        fallbacks.sum(),
        redisFailures.sum(),
        keys,
        instances,
        isRedisAway);
  }
}
