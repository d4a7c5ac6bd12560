package dev.scaling.locks;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Says where in histories more permits of a semaphore were had at once than there are. */
final class PermitModel {

  /** How many permits each semaphore of a history has. */
  static final int PERMITS = 2;

  private PermitModel() {}

  /** Checks the leases of all locks, by lock: those of a semaphore have names with a {@code #}. */
  static void check(Map<String, List<HeldLease>> leases, List<String> violations) {
    Map<String, List<HeldLease>> bySemaphore = new LinkedHashMap<>();
    leases.forEach((lock, ofLock) -> {
      if (lock.indexOf('#') > 0) {
        String semaphore = lock.substring(0, lock.indexOf('#'));
        bySemaphore.computeIfAbsent(semaphore, same -> new ArrayList<>()).addAll(ofLock);
      }
    });
    bySemaphore.values().forEach(permits -> check(permits, violations));
  }

  private static void check(List<HeldLease> permits, List<String> violations) {
    List<HeldLease> now = new ArrayList<>();
    var valid = permits.stream().filter(HeldLease::wasValid);
    valid.sorted(Comparator.comparingLong(permit -> permit.acquired)).forEach(permit -> {
      now.removeIf(other -> other.lastValid() <= permit.acquired);
      now.add(permit);
      if (now.size() > PERMITS) {
        violations.add("more than " + PERMITS + " permits: " + now);
      }
    });
  }
}
