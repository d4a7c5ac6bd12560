package dev.scaling.locks;

import dev.scaling.locks.Lease.LossReason;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** What an instance has counted. */
final class LockCounters {

  final LongAdder acquired = new LongAdder();
  final LongAdder contended = new LongAdder();
  final LongAdder unavailable = new LongAdder();
  final LongAdder renewals = new LongAdder();
  final LongAdder failedRenewals = new LongAdder();
  final LongAdder nodeFailures = new LongAdder();
  final LongAdder oddMessages = new LongAdder();
  private final Map<LossReason, LongAdder> losses = new ConcurrentHashMap<>();

  void count(Acquisition outcome) {
    if (outcome instanceof Acquisition.Contended) {
      contended.increment();
    } else if (outcome instanceof Acquisition.Unavailable) {
      unavailable.increment();
    }
  }

  void lost(LossReason reason) {
    losses.computeIfAbsent(reason, first -> new LongAdder()).increment();
  }

  LockSnapshot snapshot(int leases, int waiting, List<String> outside) {
    Map<LossReason, Long> lost = new EnumMap<>(LossReason.class);
    for (LossReason reason : LossReason.values()) {
      var count = losses.get(reason);
      lost.put(reason, count == null ? 0 : count.sum());
    }
    return new LockSnapshot(
        acquired.sum(),
        contended.sum(),
        unavailable.sum(),
        lost,
        renewals.sum(),
        failedRenewals.sum(),
        nodeFailures.sum(),
        leases,
        waiting,
        outside);
  }
}
