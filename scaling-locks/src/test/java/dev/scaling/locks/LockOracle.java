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

  final TurnOracle turns = new TurnOracle();
  private final List<SimulatedNode> nodes;
  private final Keys keys;
  private final boolean isExclusive;
  private final boolean believesAll;
  private final Map<String, Long> greatest = new HashMap<>();
  private final Set<String> tokens = new HashSet<>();
  private final List<Held> held = new ArrayList<>();
  private final Map<String, Held> lastValid = new HashMap<>();
  private long observations;
  private int acquisitions;
  private @Nullable String wrong;

  /**
   * Creates a judge.
   *
   * @param isExclusive whether two leases must not be valid at once: no node's clock is set forward
   * @param believesAll whether a lease is taken for valid until somebody says that it is lost
   */
  LockOracle(List<SimulatedNode> nodes, Keys keys, boolean isExclusive, boolean believesAll) {
    this.nodes = nodes;
    this.keys = keys;
    this.isExclusive = isExclusive;
    this.believesAll = believesAll;
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

  /** A call for a lock begins; returns the greatest token that was seen so far. */
  long asks(String lock) {
    return greatest.getOrDefault(lock, 0L);
  }

  /** A call for a lock has succeeded. */
  Held acquired(Lease lease, SimulatedProcess process, long before) {
    acquisitions++;
    var amiss = turns.acquired(lease, process);
    if (amiss != null) {
      wrong(amiss);
    }
    // Within an instance the order of tokens rests on clocks, as the promise says.
    boolean hasOrder = isExclusive || !turns.isHandedOn(lease);
    if (hasOrder && lease.fencingToken() <= before) {
      wrong("token " + lease.fencingToken() + " after " + before);
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
  }

  /** Asks a lease whether it is valid. */
  void ask(Held one) {
    if (!one.process.isRunning() || !isValid(one)) {
      return;
    }
    observations++;
    if (one.first == 0) {
      one.first = observations;
    }
    one.last = observations;
    if (!isExclusive) {
      return;
    }
    var other = lastValid.put(one.lease.lock(), one);
    if (other != null && other != one && one.first < other.last) {
      wrong("valid at once: " + one.lease + " and " + other.lease);
    }
    if (holders(one.lease) <= nodes.size() / 2) {
      wrong("valid on " + holders(one.lease) + " of " + nodes.size() + " nodes: " + one.lease);
    }
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
  }
}
