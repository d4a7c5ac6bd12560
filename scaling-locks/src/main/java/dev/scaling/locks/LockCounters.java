package dev.scaling.locks;

import dev.scaling.locks.Lease.LossReason;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;

/** What an instance has counted. */
final class LockCounters {

  final LongAdder acquired = new LongAdder();
  final LongAdder contended = new LongAdder();
  final LongAdder unavailable = new LongAdder();
  final LongAdder renewals = new LongAdder();
  final LongAdder failedRenewals = new LongAdder();
  final LongAdder nodeFailures = new LongAdder();
  final LongAdder oddMessages = new LongAdder();
  private final LongAdder[] losses =
      Stream.generate(LongAdder::new).limit(LossReason.values().length).toArray(LongAdder[]::new);

  void count(Acquisition outcome) {
    if (outcome instanceof Acquisition.Contended) {
      contended.increment();
    } else if (outcome instanceof Acquisition.Unavailable) {
      unavailable.increment();
    }
  }

  void lost(LossReason reason) {
    losses[reason.ordinal()].increment();
  }

  LockSnapshot snapshot(int leases, int waiting, List<String> outside) {
    Map<LossReason, Long> lost = new EnumMap<>(LossReason.class);
    for (LossReason reason : LossReason.values()) {
      lost.put(reason, losses[reason.ordinal()].sum());
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
