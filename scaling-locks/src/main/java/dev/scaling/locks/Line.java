package dev.scaling.locks;

import dev.scaling.core.internal.Section;
import dev.scaling.locks.Acquisition.Acquired;
import dev.scaling.locks.Acquisition.Contended;
import dev.scaling.locks.Acquisition.Unavailable;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Those of this instance who want one lock, in their order, and the one bid that they have. */
final class Line {

  /*
   * However many callers wait here, one bid stands in the line of each node. When it wins, the first
   * caller gets the lease, and a new bid goes to the end of those lines: instances take turns, and so do
   * the callers of each.
   */

  final String name;
  final Section section = new Section();
  private final Engine engine;

  // Guarded by section.
  private final Deque<Waiter> waiting = new ArrayDeque<>();
  private @Nullable Bid bid;
  private @Nullable Contended contention; // of the bid; null while it is open
  private long greatestCounter;
  private boolean ended;

  Line(Engine engine, String name) {
    this.engine = engine;
    this.name = name;
  }

  /** Lets a call have its turn; returns {@code false} if this line has ended meanwhile. */
  boolean join(Waiter waiter) {
    var joined = new boolean[1];
    section.run(() -> {
      if (ended) {
        return;
      }
      joined[0] = true;
      if (contention != null && !waiter.isPatient()) {
        end(waiter, contention);
        return;
      }
      waiting.add(waiter);
      if (bid == null) {
        bid();
      } else if (contention != null) {
        bid.stand();
      }
    });
    return joined[0];
  }

  /** Ends a call that has waited for long enough. */
  void timeOut(Waiter waiter) {
    section.run(() -> {
      Acquisition outcome = contention != null ? contention : undecided();
      if (leave(waiter)) {
        end(waiter, outcome);
      }
    });
  }

  /** Takes a call out whose caller has gone. */
  void abandon(Waiter waiter) {
    section.run(() -> leave(waiter));
  }

  void close() {
    section.run(() -> {
      for (Waiter waiter : waiting) {
        section.after(() -> waiter.future.completeExceptionally(engine.closedMeanwhile()));
      }
      waiting.clear();
      endBid();
    });
  }

  int size() {
    return section.read(waiting::size);
  }

  // What follows runs in the section.

  long greatestCounter() {
    return greatestCounter;
  }

  void sawCounter(long counter) {
    greatestCounter = Math.max(greatestCounter, counter);
  }

  /** The bid has won. */
  void won(Lease lease) {
    bid = null;
    contention = null;
    engine.hold(lease);
    var first = waiting.poll();
    if (first == null) {
      section.after(lease::close);
    } else {
      lease.isEndless = first.isEndless;
      end(first, new Acquired(lease));
    }
    refuseImpatient(new Contended(engine.instance, Duration.ofNanos(engine.leaseNanos)));
    if (!waiting.isEmpty()) {
      bid();
    }
    endIfEmpty();
  }

  /** The bid has not won, and will not unless somebody else gives the lock back. */
  void contended(Contended by) {
    contention = by;
    refuseImpatient(by);
    if (waiting.isEmpty()) {
      endBid();
    } else if (bid != null) {
      bid.stand();
    }
  }

  /** Nobody could win. */
  void unavailable(List<String> nodes) {
    var outcome = new Unavailable(nodes);
    for (Waiter waiter : waiting) {
      end(waiter, outcome);
    }
    waiting.clear();
    endBid();
  }

  /** The bid has won too late to be of use: the nodes answer more slowly than a lease lasts. */
  void tooLate() {
    unavailable(engine.nodes.stream().map(node -> node.name).toList());
  }

  private void bid() {
    bid = new Bid(engine, this, waiting.stream().anyMatch(Waiter::isPatient));
    contention = null;
    bid.start();
  }

  private void refuseImpatient(Contended by) {
    if (waiting.stream().allMatch(Waiter::isPatient)) {
      return;
    }
    List<Waiter> patient = new ArrayList<>();
    for (Waiter waiter : waiting) {
      if (waiter.isPatient()) {
        patient.add(waiter);
      } else {
        end(waiter, by);
      }
    }
    waiting.clear();
    waiting.addAll(patient);
  }

  private Unavailable undecided() {
    return new Unavailable(bid == null ? List.of() : bid.unanswered());
  }

  private boolean leave(Waiter waiter) {
    boolean left = waiting.remove(waiter);
    if (waiting.isEmpty()) {
      endBid();
    }
    return left;
  }

  private void endBid() {
    if (bid != null) {
      bid.abandon();
      bid = null;
    }
    contention = null;
    endIfEmpty();
  }

  private void endIfEmpty() {
    if (waiting.isEmpty() && bid == null && !ended) {
      ended = true;
      engine.lines.remove(name, this);
    }
  }

  private void end(Waiter waiter, Acquisition outcome) {
    engine.counters.count(outcome);
    section.after(() -> waiter.end(outcome));
  }
}
