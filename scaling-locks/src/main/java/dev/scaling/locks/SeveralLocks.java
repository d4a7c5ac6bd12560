package dev.scaling.locks;

import dev.scaling.core.Time;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;

/** Several locks, taken one after the other. */
final class SeveralLocks {

  /*
   * All callers take locks in the order of their names, so that none waits for one that waits for it: the
   * first of the locks that two want decides between them. One that was not to be had gives back those
   * before it.
   */

  private final LockService service;
  private final Time time;
  private final List<DistributedLock> locks = new ArrayList<>();

  SeveralLocks(LockService service, Time time, Collection<String> names) {
    this.service = service;
    this.time = time;
    for (String name : new TreeSet<>(names)) {
      locks.add(this.service.lock(name));
    }
  }

  Leases acquire(Duration maxWait) {
    long end = time.nanoTime() + maxWait.toNanos();
    List<Lease> held = new ArrayList<>();
    boolean hasAll = false;
    try {
      for (DistributedLock lock : locks) {
        long left = Math.max(0, end - time.nanoTime());
        held.add(lock.acquire(Duration.ofNanos(left)));
      }
      hasAll = true;
      return new Leases(held);
    } finally {
      if (!hasAll) {
        new Leases(held).close();
      }
    }
  }
}
