package dev.scaling.locks;

import dev.scaling.locks.Lease.LossReason;
import java.util.List;
import java.util.Map;

/**
 * The numbers of one instance, since it was built unless they say otherwise.
 *
 * @param acquired leases that were acquired
 * @param contended calls that ended because somebody else had the lock
 * @param unavailable calls that ended because too few nodes could be asked
 * @param lost leases that ended before they were released, by reason
 * @param renewals how often a lease was to be extended
 * @param failedRenewals how often no quorum confirmed that
 * @param nodeFailures calls to a node that brought no usable answer
 * @param leases how many there are now
 * @param waiting calls that wait now
 * @param outside nodes that grant nothing now, as far as is known: they have not answered, or have
 *     lost their memory
 */
public record LockSnapshot(
    long acquired,
    long contended,
    long unavailable,
    Map<LossReason, Long> lost,
    long renewals,
    long failedRenewals,
    long nodeFailures,
    int leases,
    int waiting,
    List<String> outside) {

  /** Copies the map and the list. */
  public LockSnapshot {
    lost = Map.copyOf(lost);
    outside = List.copyOf(outside);
  }
}
