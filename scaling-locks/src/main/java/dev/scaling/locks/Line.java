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

/**
 * Those of this instance who want one lock, in their order, and the one bid that they have. A
 * reader has a line to itself: no reader of this instance waits for another.
 */
final class Line {

  /*
   * However many callers wait here, one bid stands in the line of each node. When it wins, the first
   * caller gets the lease, and a new bid goes to the end of those lines: instances take turns, and so do
   * the callers of each.
   *
   * Whoever joins while a bid is under way may become the first, and may have heard of a lease that began
   * and ended after that bid had got its nodes. A quorum says then once more that nobody came between.
   *
   * With local hand-overs the next bid waits until the lease can be handed on here no more: see Cohort.
   * A bid asks for twice as many tokens as were used last. Those that are left over are lost, and a
   * counter that outran the clock might begin again behind itself: see Membership.
   */

  private static final int FIRST_HAND_OVERS = 16;

  final String name;
  final boolean reads;
  final Section section = new Section();
  private final Engine engine;

  // Guarded by section.
  private final Deque<Waiter> waiting = new ArrayDeque<>(2);
  private @Nullable Bid bid;
  private @Nullable Contended contention; // of the bid; null while it is open
  private @Nullable Cohort cohort; // while it may be open; there is no bid then
  private int lastHandOvers;
  private long greatestCounter;
  private long round; // of bids, and of confirmations for who came too late for one
  private boolean ended;

  Line(Engine engine, String name, boolean reads) {
    this.engine = engine;
    this.name = name;
    this.reads = reads;
  }

  /** Lets a call have its turn; returns {@code false} if this line has ended meanwhile. */
  boolean join(Waiter waiter) {
    var joined = new boolean[1];
    section.run(() -> {
      if (ended) {
        return;
      }
      joined[0] = true;
      endCohortUnlessOpen();
      var known = contention();
      if (known != null && !waiter.isPatient()) {
        end(waiter, known);
        return;
      }
      waiter.round = round;
      waiting.add(waiter);
      if (bid == null) {
        goOn();
      } else if (contention != null) {
        bid.stand();
      }
    });
    return joined[0];
  }

  /** Ends a call that has waited for long enough. */
  void timeOut(Waiter waiter) {
    section.run(() -> {
      var known = contention();
      Acquisition outcome = known != null ? known : undecided();
      if (leave(waiter)) {
        end(waiter, outcome);
      }
    });
  }

  /** Takes a call out whose caller has gone. */
  void abandon(Waiter waiter) {
    section.run(() -> leave(waiter));
  }

  /** Hands a lease that is given back to the first who waits here, if it may be. */
  boolean handOn(Lease lease) {
    var handed = new boolean[1];
    section.run(() -> {
      if (cohort == null || !cohort.isOf(lease) || !cohort.isOpen() || waiting.isEmpty()) {
        return;
      }
      handed[0] = true;
      var first = waiting.remove();
      var next = cohort.handOn(first);
      engine.hold(next);
      end(first, new Acquired(next));
      section.after(next::checkTime); // a node may have said just now that it is over
      endCohortUnlessOpen();
      goOn();
    });
    return handed[0];
  }

  /** A lease of this instance is over, and is handed on no more. */
  void over(Lease lease) {
    section.run(() -> {
      if (cohort != null && cohort.isOf(lease)) {
        endCohort();
        goOn();
      }
    });
  }

  void close() {
    section.run(() -> {
      endCohort();
      for (Waiter waiter : waiting) {
        section.after(() -> waiter.fail(engine.closedMeanwhile()));
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
    engine.hold(lease);
    pass(lease);
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

  private void pass(Lease lease) {
    var first = waiting.peek();
    if (first != null && !(lease.isHeld() && lease.hasTime())) {
      section.after(lease::close); // this process stood still: others may have it; or it was lost
      bid();
    } else if (first != null && first.round == round) {
      confirmAnew(lease);
    } else {
      give(lease);
    }
  }

  private void give(Lease lease) {
    bid = null;
    contention = null;
    var first = waiting.poll();
    if (first == null) {
      section.after(lease::close);
    } else {
      lease.isEndless = first.isEndless;
      cohort = engine.localHandOvers == 0 || reads ? null : new Cohort(engine, lease);
      end(first, new Acquired(lease));
    }
    if (patient() < waiting.size()) {
      var us = engine.instanceOf(engine.instance);
      refuseImpatient(new Contended(us, Duration.ofNanos(engine.leaseNanos)));
    }
    goOn();
  }

  /** Has those who wait stand in the lines of the nodes, unless they have a cohort. */
  private void goOn() {
    if (!waiting.isEmpty() && cohort != null) {
      var mine = cohort;
      mine.whenOver(() -> section.run(() -> {
        if (cohort == mine) {
          endCohort();
          goOn();
        }
      }));
    } else if (!waiting.isEmpty() && bid == null) {
      bid();
    }
    endIfEmpty();
  }

  private void endCohortUnlessOpen() {
    if (cohort != null && !cohort.isOpen()) {
      endCohort();
    }
  }

  private void endCohort() {
    if (cohort != null) {
      lastHandOvers = cohort.handOvers();
      cohort.cancelTimer();
      cohort = null;
    }
  }

  private @Nullable Contended contention() {
    return cohort == null ? contention : cohort.contention();
  }

  private int tokens() {
    return reads
        ? 1
        : 1 + Math.min(engine.localHandOvers, Math.max(FIRST_HAND_OVERS, 2 * lastHandOvers));
  }

  /** Has a quorum say that the lease still stands, so that its token is new to who came late. */
  private void confirmAnew(Lease lease) {
    var mine = bid;
    contention = null;
    round++;
    section.after(() -> engine
        .renewals
        .extend(lease, engine.leaseNanos)
        .thenAccept(outcome -> section.run(() -> {
          if (bid != mine) {
            section.after(lease::close); // nobody is left who waits
          } else if (outcome == Renewals.Outcome.EXTENDED) {
            pass(lease);
          } else {
            section.after(lease::close);
            bid();
          }
        })));
  }

  private void bid() {
    round++;
    bid = new Bid(engine, this, patient() > 0, tokens());
    contention = null;
    bid.start();
  }

  private void refuseImpatient(Contended by) {
    if (patient() == waiting.size()) {
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

  private int patient() {
    int patient = 0;
    for (Waiter waiter : waiting) {
      patient += waiter.isPatient() ? 1 : 0;
    }
    return patient;
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
    if (waiting.isEmpty() && bid == null && cohort == null && !ended) {
      ended = true;
      engine.ended(this);
    }
  }

  private void end(Waiter waiter, Acquisition outcome) {
    engine.counters.count(outcome);
    section.after(() -> waiter.end(outcome));
  }
}
