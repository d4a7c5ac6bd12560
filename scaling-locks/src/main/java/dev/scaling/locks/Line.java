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
   */

  final String name;
  final boolean reads;
  final Section section = new Section();
  private final Engine engine;

  // Guarded by section.
  private final Deque<Waiter> waiting = new ArrayDeque<>();
  private @Nullable Bid bid;
  private @Nullable Contended contention; // of the bid; null while it is open
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
      if (contention != null && !waiter.isPatient()) {
        end(waiter, contention);
        return;
      }
      waiter.round = round;
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
    if (first != null && !lease.hasTime()) {
      section.after(lease::close); // this process stood still: others may have it
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
      end(first, new Acquired(lease));
    }
    refuseImpatient(new Contended(engine.instance, Duration.ofNanos(engine.leaseNanos)));
    if (!waiting.isEmpty()) {
      bid();
    }
    endIfEmpty();
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
      engine.ended(this);
    }
  }

  private void end(Waiter waiter, Acquisition outcome) {
    engine.counters.count(outcome);
    section.after(() -> waiter.end(outcome));
  }
}
