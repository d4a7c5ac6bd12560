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
  private final int permits;
  private final Map<String, Seen> seen = new HashMap<>(); // by lock
  private final Set<String> writersTokens = new HashSet<>();
  private final Set<String> readersTokens = new HashSet<>();
  private final List<Held> held = new ArrayList<>();
  private final Map<String, List<Held>> valid = new HashMap<>(); // at some time, by lock
  private long observations;
  private int acquisitions;
  private int readings;
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

  int readings() {
    return readings;
  }

  /** A call begins; returns the greatest tokens of each lock that were seen so far. */
  Map<String, Seen> asks() {
    return Map.copyOf(seen);
  }

  /** A call for a lock has succeeded. */
  Held acquired(Lease lease, SimulatedProcess process, Map<String, Seen> asked) {
    acquisitions++;
    readings += lease.grant.reads ? 1 : 0;
    var amiss = turns.acquired(lease, process);
    if (amiss != null) {
      wrong(amiss);
    }
    // Within an instance the order of tokens rests on clocks, as the promise says.
    boolean hasOrder = isExclusive || !turns.isHandedOn(lease);
    long token = lease.fencingToken();
    var before = asked.getOrDefault(lease.lock(), new Seen(0, 0));
    long least = Math.max(before.writers + 1, before.readers + (lease.grant.reads ? 0 : 1));
    if (hasOrder && token < least) {
      wrong(lease + " after " + before);
    }
    String same = lease.lock() + " " + token;
    boolean isKnown = !(lease.grant.reads ? readersTokens : writersTokens).add(same);
    if (lease.grant.reads
        ? writersTokens.contains(same)
        : isKnown || readersTokens.contains(same)) {
      wrong("two leases with token " + token);
    }
    seen.merge(
        lease.lock(), lease.grant.reads ? new Seen(0, token) : new Seen(token, 0), Seen::greatest);
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
    if (isExclusive) {
      checkTogether(one, others);
    }
    others.removeIf(other -> !held.contains(other) && held.stream().noneMatch(other::isAfter));
  }

  /** Looks at each moment at which this one and another were valid. */
  private void checkTogether(Held one, List<Held> all) {
    for (Held other : all) {
      long moment = Math.max(one.first, other.first);
      var then = all.stream().filter(each -> each.covers(moment)).toList();
      boolean isFine = then.size() <= most(one.lease.lock())
          || then.stream().allMatch(each -> each.lease.grant.reads);
      if (one.covers(moment) && !isFine) {
        wrong("valid at once: " + then);
      }
    }
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

  /** Returns how many nodes let nobody else have the lock, or none but readers. */
  private int holders(Lease lease) {
    int count = 0;
    for (SimulatedNode node : nodes) {
      boolean has =
          node.scripts.has(keys.all(lease.lock(), lease.attempt), lease.attempt, lease.grant.reads);
      count += has || !node.scripts.isMember() ? 1 : 0;
    }
    return count;
  }

  /** The greatest tokens of a lock's leases. */
  record Seen(long writers, long readers) {

    private Seen greatest(Seen other) {
      return new Seen(Math.max(writers, other.writers), Math.max(readers, other.readers));
    }
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
