package dev.scaling.locks;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Judges what happens to some locks, in the order in which it truly does. */
final class LockOracle {

  private final List<SimulatedNode> nodes;
  private final Keys keys;
  private final boolean isExclusive;
  private final boolean believesAll;
  private final int permits;
  private final Map<String, Long> greatest = new HashMap<>();
  private final Set<String> tokens = new HashSet<>();
  private final List<Held> held = new ArrayList<>();
  private final Map<String, List<Held>> valid = new HashMap<>(); // at some time, by lock
  private long observations;
  private int acquisitions;
  private @Nullable String wrong;

  /**
   * Creates a judge.
   *
   * @param isExclusive whether two leases must not be valid at once: no node's clock is set forward
   * @param believesAll whether a lease is taken for valid until somebody says that it is lost
   * @param permits of each semaphore
   */
  LockOracle(
      List<SimulatedNode> nodes, Keys keys, boolean isExclusive, boolean believesAll, int permits) {
    this.nodes = nodes;
    this.keys = keys;
    this.isExclusive = isExclusive;
    this.believesAll = believesAll;
    this.permits = permits;
  }

  /** Returns what is wrong, or {@code null}. */
  @Nullable
  String wrong() {
    return wrong;
  }

  int acquisitions() {
    return acquisitions;
  }

  void wrong(String what) {
    wrong = wrong == null ? what : wrong;
  }

  /** A call begins; returns the greatest token of each lock that was seen so far. */
  Map<String, Long> asks() {
    return Map.copyOf(greatest);
  }

  /** A call for a lock has succeeded. */
  Held acquired(Lease lease, SimulatedProcess process, Map<String, Long> before) {
    acquisitions++;
    long last = before.getOrDefault(lease.lock(), 0L);
    if (lease.fencingToken() <= last) {
      wrong("token " + lease.fencingToken() + " after " + last);
    }
    if (!tokens.add(lease.lock() + " " + lease.fencingToken())) {
      wrong("two leases with token " + lease.fencingToken());
    }
    greatest.merge(lease.lock(), lease.fencingToken(), Math::max);
    var one = new Held(lease, process);
    held.add(one);
    ask(one);
    askAll();
    return one;
  }

  /** Asks all leases whose processes run whether they are valid. */
  void askAll() {
    held.removeIf(each -> each.process.isStopped() || (each.released && !believesAll));
    List.copyOf(held).forEach(this::ask);
    if (isExclusive) {
      List.copyOf(held).stream().filter(this::isSeenValid).forEach(this::checkNodes);
    }
  }

  /** Asks a lease whether it is valid. */
  void ask(Held one) {
    if (!isSeenValid(one)) {
      return;
    }
    observations++;
    if (one.first == 0) {
      one.first = observations;
    }
    one.last = observations;
    var others = valid.computeIfAbsent(group(one.lease.lock()), same -> new ArrayList<>());
    if (!others.contains(one)) {
      others.add(one);
    }
    var atOnce = atOnce(one, others);
    if (isExclusive && atOnce.size() > most(one.lease.lock())) {
      wrong("valid at once: " + atOnce);
    }
    others.removeIf(other -> !held.contains(other) && held.stream().noneMatch(other::isAfter));
  }

  /** Returns the most, with this one, that were valid at some moment that it was. */
  private static List<Held> atOnce(Held one, List<Held> all) {
    List<Held> most = List.of();
    for (Held other : all) {
      long moment = Math.max(one.first, other.first);
      var then = all.stream().filter(each -> each.covers(moment)).toList();
      most = one.covers(moment) && then.size() > most.size() ? then : most;
    }
    return most;
  }

  /** Returns a lock, or the semaphore that it is a permit of. */
  private static String group(String lock) {
    return lock.substring(0, lock.indexOf('#') < 0 ? lock.length() : lock.indexOf('#'));
  }

  private int most(String lock) {
    return lock.indexOf('#') < 0 ? 1 : permits;
  }

  private void checkNodes(Held one) {
    if (holders(one.lease) <= nodes.size() / 2) {
      wrong("valid on " + holders(one.lease) + " of " + nodes.size() + " nodes: " + one.lease);
    }
  }

  private boolean isSeenValid(Held one) {
    return one.process.isRunning() && isValid(one);
  }

  private boolean isValid(Held one) {
    return believesAll ? !one.released && !one.lease.lost().isDone() : one.lease.isValid();
  }

  /** Returns how many nodes let nobody else have the lock. */
  private int holders(Lease lease) {
    int count = 0;
    for (SimulatedNode node : nodes) {
      boolean has = node.scripts.has(keys.lock(lease.lock()), lease.attempt);
      count += has || !node.scripts.isMember() ? 1 : 0;
    }
    return count;
  }

  /** A lease in the hands of a client. */
  static final class Held {

    final Lease lease;
    private final SimulatedProcess process;
    private long first; // observation that it was valid
    private long last;
    private boolean released;

    private Held(Lease lease, SimulatedProcess process) {
      this.lease = lease;
      this.process = process;
    }

    void release() {
      released = true;
    }

    private boolean covers(long observation) {
      return first <= observation && observation <= last;
    }

    /** Returns whether another one was seen to be valid before this one was the last time. */
    private boolean isAfter(Held other) {
      return other.first != 0 && other.first < last;
    }

    @Override
    public String toString() {
      return lease.lock() + " " + lease;
    }
  }
}
