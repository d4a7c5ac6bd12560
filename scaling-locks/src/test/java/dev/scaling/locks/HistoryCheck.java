package dev.scaling.locks;

import dev.scaling.locks.HistoryEvent.Kind;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Says what in the histories of clients must not be, if their locks are what they promise. */
final class HistoryCheck {

  /*
   * What a client noted brackets what happened: a lease began before the note that it was acquired, and
   * was valid still at the time of the note that it was, which is taken before it is asked. So whatever is
   * found here was so, however long a client stood still between any two of its steps.
   */

  private final List<String> violations = new ArrayList<>();
  private final Map<String, List<HeldLease>> leases = new LinkedHashMap<>(); // by lock

  /**
   * Checks histories.
   *
   * @param events of all clients; those of one thread in their order
   * @param writes what the register took, in its order
   */
  HistoryCheck(List<HistoryEvent> events, List<Write> writes) {
    Map<String, List<HistoryEvent>> threads = new LinkedHashMap<>();
    for (HistoryEvent event : events) {
      String thread = event.process() + "/" + event.thread();
      threads.computeIfAbsent(thread, same -> new ArrayList<>()).add(event);
    }
    threads.values().forEach(this::follow);
    for (List<HeldLease> ofLock : leases.values()) {
      tokensAreUnique(ofLock);
      tokensGrow(ofLock);
      oneHolderAtATime(ofLock);
    }
    PermitModel.check(leases, violations);
    writesGoOn(writes);
    writesAreKept(events, writes);
  }

  /** A write that the register took. */
  record Write(String lock, long fencingToken, long value) {}

  /** Returns what must not be, or nothing. */
  List<String> violations() {
    return violations;
  }

  /**
   * Allows for two holders of a lock, or too many of a semaphore's permits, as where the clock of a
   * node was set: that node may let go too early, and be the one that two quorums share. Fencing
   * tokens must bear it.
   */
  HistoryCheck withClocksSet() {
    violations.removeIf(each -> each.startsWith("two holders") || each.startsWith("more than"));
    return this;
  }

  /** Returns how many leases there were. */
  long acquired() {
    return leases.values().stream().mapToLong(List::size).sum();
  }

  /** Returns how many leases were seen to have ended before they were given back. */
  long lost() {
    return leases.values().stream()
        .flatMap(List::stream)
        .filter(HeldLease::isOver)
        .count();
  }

  private void follow(List<HistoryEvent> events) {
    HistoryEvent asked = null;
    HeldLease lease = null;
    for (HistoryEvent event : events) {
      if (event.kind() == Kind.ASKED || event.kind() == Kind.ASKED_TO_READ) {
        asked = event;
        lease = null;
      } else if (event.kind() == Kind.ACQUIRED && asked != null) {
        lease = new HeldLease(asked, event);
        leases.computeIfAbsent(lease.lock, same -> new ArrayList<>()).add(lease);
      } else if (lease != null) {
        lease.see(event, violations);
      }
    }
  }

  /** Readers may share one. */
  private void tokensAreUnique(List<HeldLease> ofLock) {
    Map<Long, HeldLease> byToken = new HashMap<>();
    for (HeldLease lease : ofLock) {
      var other = byToken.put(lease.fencingToken, lease);
      if (other != null && !(other.reads && lease.reads)) {
        violations.add("one token for two: " + other + "; " + lease);
      }
    }
  }

  /** What was acquired before another was asked for has the lesser token. */
  private void tokensGrow(List<HeldLease> ofLock) {
    var byAcquired = sorted(ofLock, Comparator.comparingLong(lease -> lease.acquired));
    HeldLease greatest = null;
    int next = 0;
    for (HeldLease lease : sorted(ofLock, Comparator.comparingLong(each -> each.asked))) {
      for (; byAcquired.get(next).acquired < lease.asked; next++) {
        var before = byAcquired.get(next);
        greatest =
            greatest == null || before.fencingToken > greatest.fencingToken ? before : greatest;
      }
      if (greatest != null && greatest.fencingToken > lease.fencingToken) {
        violations.add("token goes back: " + greatest + "; then " + lease);
      }
    }
  }

  private void oneHolderAtATime(List<HeldLease> ofLock) {
    HeldLease writer = null; // those that were valid for the longest so far
    HeldLease reader = null;
    for (HeldLease lease : sorted(ofLock, Comparator.comparingLong(each -> each.acquired))) {
      if (!lease.wasValid()) {
        continue;
      }
      excludes(writer, lease);
      if (lease.reads) {
        reader = longer(reader, lease);
      } else {
        excludes(reader, lease);
        writer = longer(writer, lease);
      }
    }
  }

  private void excludes(@Nullable HeldLease first, HeldLease then) {
    if (first != null && then.acquired < first.lastValid()) {
      violations.add("two holders: " + first + "; " + then);
    }
  }

  private static HeldLease longer(@Nullable HeldLease one, HeldLease other) {
    return one == null || other.lastValid() > one.lastValid() ? other : one;
  }

  /** Each write has a token not older than those before, and counts on from the last one. */
  private void writesGoOn(List<Write> writes) {
    Map<String, Write> lasts = new HashMap<>();
    for (Write write : writes) {
      var last = lasts.put(write.lock(), write);
      if (last != null && write.fencingToken() < last.fencingToken()) {
        violations.add("older token accepted: " + write + " after " + last);
      }
      if (write.value() != (last == null ? 0 : last.value()) + 1) {
        violations.add("increment lost: " + write + " after " + last);
      }
    }
  }

  private void writesAreKept(List<HistoryEvent> events, List<Write> writes) {
    Set<Write> kept = new HashSet<>(writes);
    for (HistoryEvent event : events) {
      if (event.kind() == Kind.WROTE
          && !kept.contains(new Write(event.lock(), event.fencingToken(), event.number()))) {
        violations.add("accepted write lost: " + event);
      }
    }
  }

  private static List<HeldLease> sorted(List<HeldLease> leases, Comparator<HeldLease> order) {
    return leases.stream().sorted(order).toList();
  }
}
