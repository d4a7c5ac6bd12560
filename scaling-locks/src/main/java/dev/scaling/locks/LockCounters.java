package dev.scaling.locks;

import dev.scaling.locks.Lease.LossReason;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
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
  private final Map<LossReason, LongAdder> losses = new EnumMap<>(LossReason.class);

  LockCounters() {
    for (LossReason reason : LossReason.values()) {
      losses.put(reason, new LongAdder());
    }
  }

  void count(Acquisition outcome) {
    if (outcome instanceof Acquisition.Contended) {
      contended.increment();
    } else if (outcome instanceof Acquisition.Unavailable) {
      unavailable.increment();
    }
  }

  void lost(LossReason reason) {
    losses.get(reason).increment();
  }

  LockSnapshot snapshot(int leases, int waiting, List<String> outside) {
    Map<LossReason, Long> lost = new EnumMap<>(LossReason.class);
    losses.forEach((reason, count) -> lost.put(reason, count.sum()));
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
