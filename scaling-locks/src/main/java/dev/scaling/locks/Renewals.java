package dev.scaling.locks;

import dev.scaling.core.Time;
import dev.scaling.locks.Lease.LossReason;
import dev.scaling.locks.Node.Extension;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Extends leases before they end: all that are due with one call a node. */
final class Renewals implements AutoCloseable {

  /*
   * A lease is renewed when a third of it has passed. All leases of a service are equally long, so those
   * in the order in which they were renewed last are in the order in which they are due. One timer looks
   * at the first of them, at most every twentieth of a lease, and takes all that are due.
   *
   * What a node confirms counts from before that call was sent, and nothing else does: a late reply to an
   * earlier call is never taken for one to this. Until a quorum has confirmed, the lease ends when it
   * would have; it is tried again as long as there is time, and a timer tells when there is none.
   */

  private static final int MOST_IN_A_CALL = 500;

  private final Engine engine;
  private final long maxHoldNanos;
  private final long every;
  private final long grain;
  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by lock.
  private final Map<Lease, Long> due = new LinkedHashMap<>(); // by when each is due, in order
  private Time.@Nullable Cancellable timer;
  private boolean closed;

  Renewals(Engine engine, Duration maxHold) {
    this.engine = engine;
    maxHoldNanos = maxHold.toNanos();
    every = engine.leaseNanos / 3;
    grain = engine.leaseNanos / 20;
  }

  void add(Lease lease) {
    long next = engine.time.nanoTime() + every;
    lock.lock();
    try {
      if (closed) {
        return;
      }
      due.put(lease, next);
      if (timer == null) {
        timer = engine.time.schedule(this::tick, Duration.ofNanos(every));
      }
    } finally {
      lock.unlock();
    }
  }

  void remove(Lease lease) {
    lock.lock();
    try {
      due.remove(lease);
    } finally {
      lock.unlock();
    }
  }

  boolean isHeldTooLong(Lease lease) {
    return !lease.isEndless && engine.time.nanoTime() - lease.began.nanos() >= maxHoldNanos;
  }

  /** Extends one lease now. */
  CompletableFuture<Outcome> extend(Lease lease, long nanos) {
    return extend(List.of(lease), nanos, /* mayRepair= */ true).get(0);
  }

  /** Extends a lease of somebody's word, where it still stands and nowhere else. */
  CompletableFuture<Outcome> extendWhereHeld(Lease lease, long nanos) {
    return extend(List.of(lease), nanos, /* mayRepair= */ false).get(0);
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      due.clear();
      if (timer != null) {
        timer.cancel();
      }
    } finally {
      lock.unlock();
    }
  }

  private void tick() {
    long now = engine.time.nanoTime();
    List<Lease> ready = new ArrayList<>();
    lock.lock();
    try {
      timer = null;
      for (var each = due.entrySet().iterator(); each.hasNext(); ) {
        var next = each.next();
        if (next.getValue() - now > 0) {
          long wait = Math.max(grain, next.getValue() - now);
          timer = closed ? null : engine.time.schedule(this::tick, Duration.ofNanos(wait));
          break;
        }
        ready.add(next.getKey());
        each.remove();
      }
    } finally {
      lock.unlock();
    }
    for (int i = 0; i < ready.size(); i += MOST_IN_A_CALL) {
      renew(ready.subList(i, Math.min(ready.size(), i + MOST_IN_A_CALL)));
    }
  }

  private void renew(List<Lease> leases) {
    List<Lease> living = new ArrayList<>(leases.size());
    for (Lease lease : leases) {
      if (!lease.isHeld()) {
        continue;
      }
      if (isHeldTooLong(lease)) {
        watchToTheEnd(lease);
      } else {
        living.add(lease);
      }
    }
    if (living.isEmpty()) {
      return;
    }
    var outcomes = extend(living, engine.leaseNanos, /* mayRepair= */ true);
    for (int i = 0; i < living.size(); i++) {
      var lease = living.get(i);
      outcomes.get(i).thenAccept(outcome -> {
        boolean isExtended = outcome == Outcome.EXTENDED;
        if (!lease.isHeld()) {
          return;
        }
        if (!isExtended) {
          engine.counters.failedRenewals.increment();
          watch(lease);
        }
        addAgain(lease, isExtended ? every : grain);
      });
    }
  }

  /** Those that failed are due sooner than the rest, and so go by a timer of their own. */
  private void addAgain(Lease lease, long wait) {
    if (wait == every) {
      add(lease);
      if (!lease.isHeld()) {
        remove(lease);
      }
    } else {
      engine.time.schedule(() -> renew(List.of(lease)), Duration.ofNanos(wait));
    }
  }

  /** Looks at a lease again when its time is over. */
  private void watch(Lease lease) {
    long left = lease.checkTime();
    if (left > 0) {
      lease.schedule(lease::checkTime, left);
    }
  }

  /** Looks at a lease that is renewed no more, again whenever its holder has extended it. */
  private void watchToTheEnd(Lease lease) {
    long left = lease.isHeld() ? lease.checkTime() : 0;
    if (left > 0) {
      lease.schedule(() -> watchToTheEnd(lease), left);
    }
  }

  private List<CompletableFuture<Outcome>> extend(
      List<Lease> leases, long nanos, boolean mayRepair) {
    List<Extension> extensions = new ArrayList<>(leases.size());
    List<Tally> tallies = new ArrayList<>(leases.size());
    for (Lease lease : leases) {
      extensions.add(new Extension(
          lease.lock(),
          lease.attempt,
          nanos / 1_000,
          lease.grant.counter,
          mayRepair,
          lease.grant.reads));
      tallies.add(new Tally(engine.nodes.size()));
    }
    var sent = Moment.now(engine.time);
    engine.counters.renewals.add(leases.size());
    for (Node node : engine.nodes) {
      node.extend(extensions).whenComplete((counters, failure) -> {
        var until = sent.plusNanos(Bid.usable(nanos));
        if (failure != null) {
          engine.failed(node, failure);
          tallies.forEach(Tally::unknown);
          return;
        }
        if (counters == null) {
          engine.membership.look();
        }
        for (int i = 0; i < leases.size(); i++) {
          note(leases.get(i), node, counters, i, until, tallies.get(i));
        }
      });
    }
    return tallies.stream().map(tally -> tally.outcome).toList();
  }

  private void note(
      Lease lease, Node node, long @Nullable [] counters, int at, Moment until, Tally tally) {
    if (counters == null) {
      lease.grant.gone(node.index, engine.quorum, LossReason.NODES_LOST);
      tally.unknown();
    } else if (counters[at] < 0) {
      lease.grant.gone(node.index, engine.quorum, LossReason.TAKEN);
      tally.gone();
    } else {
      lease.grant.confirmed(node.index, until);
      tally.extended();
    }
  }

  /** Whether a quorum of nodes has extended a lease. */
  enum Outcome {
    EXTENDED,
    GONE,
    UNKNOWN
  }

  /** Counts what nodes say of one lease. */
  private static final class Tally {

    final CompletableFuture<Outcome> outcome = new CompletableFuture<>();
    private final int nodes;
    private final AtomicInteger extended = new AtomicInteger();
    private final AtomicInteger gone = new AtomicInteger();
    private final AtomicInteger answers = new AtomicInteger();

    Tally(int nodes) {
      this.nodes = nodes;
    }

    void extended() {
      if (extended.incrementAndGet() > nodes / 2) {
        outcome.complete(Outcome.EXTENDED);
      }
      answered();
    }

    void gone() {
      if (gone.incrementAndGet() > nodes / 2) {
        outcome.complete(Outcome.GONE);
      }
      answered();
    }

    void unknown() {
      answered();
    }

    private void answered() {
      if (answers.incrementAndGet() == nodes) {
        outcome.complete(Outcome.UNKNOWN);
      }
    }
  }
}
