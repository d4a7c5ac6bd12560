package dev.scaling.locks;

import dev.scaling.core.Time;
import dev.scaling.locks.Acquisition.Contended;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * An attempt under way: asks the nodes, waits in their lines, and has its token confirmed. All of
 * it runs in the section of its line.
 */
final class Bid {

  /*
   * Over several nodes a bid takes its place in the lines by the clock of this instance when it began, so
   * that all nodes order their lines alike. One node alone orders by its own clock.
   *
   * Still the nodes need not give the lock to the same bid. A bid that has some nodes and not others asks
   * those who has them. If one of these has the lower id, it gives up what it has, and stands at the end of
   * those lines. So among bids that have nodes the one with the lowest id gives up nothing, and gets those
   * of the others. What it gives up is the grant with that counter: word of an earlier one that is still on
   * the way counts no more, and the call to give it up takes no later one.
   *
   * Readers go before writers there. A writer that has some nodes gives them up if readers keep others for
   * some looks; a reader gives up nothing, and joins the readers of other nodes though writers wait there:
   * so two readers never wait for each other, behind writers who have nothing to give up, and each that
   * has a node gets those of the writers. A writer that waits in all lines is overtaken only by such as
   * have a node already, and looks ever later for who has the rest: its turn comes between two looks.
   *
   * A node that hands the lock on says so in a message. When exactly it did is not known here; not before
   * what its clock has passed since its last reply, counted from the send of that call. That is the start
   * of the lease at that node. As with any lease here a step of the node's clock is its own failure.
   */

  static final double DRIFT = 0.01; // of clocks against each other
  static final long MARGIN_NANOS = 2_000_000;

  private static final long FIRST_YIELD_NANOS = 1_000_000;
  private static final int MOST_DOUBLINGS = 9;
  private static final int LOOKS_AT_READERS = 3; // those who are about to leave may do so

  final String id;
  private final Engine engine;
  private final Line line;
  private final Attempt attempt;
  private final NodeView[] views;
  private final long ticketMicros;
  private final int tokens; // the one that is confirmed, and those before it
  private boolean waits;
  private boolean ended;
  private int yields;
  private boolean handedOn; // by some node
  private boolean looking; // asks who has the nodes that it has not
  private Time.@Nullable Cancellable poll;
  private Time.@Nullable Cancellable yielding;

  /**
   * Creates a bid.
   *
   * @param tokens for how many leases, one after the other, it is to be good
   */
  Bid(Engine engine, Line line, boolean waits, int tokens) {
    this.engine = engine;
    this.line = line;
    this.waits = waits;
    this.tokens = tokens;
    id = engine.nextAttempt();
    ticketMicros =
        engine.nodes.size() == 1 ? 0 : Math.max(0, engine.time.currentTimeMillis() * 1_000);
    attempt = new Attempt(engine.nodes.size());
    views = new NodeView[engine.nodes.size()];
    for (int i = 0; i < views.length; i++) {
      views[i] = new NodeView();
    }
  }

  void start() {
    engine.bids.put(id, this);
    engine.nodes.forEach(this::ask);
  }

  /** Asks the nodes again, since a message may have been lost. */
  void askAgain() {
    line.section.run(this::poll);
  }

  /** Stands in line, if it did not so far. */
  void stand() {
    if (!waits) {
      waits = true;
      engine.nodes.forEach(this::ask);
    }
  }

  /** Gives up, and leaves nothing behind. */
  void abandon() {
    end();
    engine.bids.remove(id);
    for (Node node : engine.nodes) {
      line.section.after(
          () -> engine.releases.release(node, line.name, id, waits, mayBeOnTheWay(node.index)));
    }
  }

  /** Hears that a node has handed the lock to this bid. */
  void onHandedOn(Node node, long counter, long serverMicros) {
    line.section.run(() -> {
      var view = views[node.index];
      if (ended || serverMicros <= view.serverMicros || counter <= view.yielded) {
        return;
      }
      var now = Moment.now(engine.time);
      double passed = view.serverMicros == 0 ? 0 : (serverMicros - view.serverMicros) * 1e3;
      var sent = view.sent == null ? now : view.sent;
      var from = sent.plusNanos((long) (passed * (1 - DRIFT))).earlier(now);
      view.serverMicros = serverMicros;
      handedOn = true;
      attempt.held(node.index, counter, from.plusNanos(usable(engine.leaseNanos)));
      decide();
    });
  }

  /** Returns how long a lease of a node can be relied on, from before the call that began it. */
  static long usable(long leaseNanos) {
    return (long) (leaseNanos * (1 - DRIFT)) - MARGIN_NANOS;
  }

  private void ask(Node node) {
    var view = views[node.index];
    var sent = Moment.now(engine.time);
    var call = new Node.Call(
        line.name,
        id,
        engine.leaseNanos / 1_000,
        line.greatestCounter(),
        waits ? engine.leaseNanos / 1_000 : 0,
        ticketMicros,
        engine.releases.underWay(line.name),
        access(),
        tokens);
    view.sent = view.sent == null ? sent : view.sent;
    view.asked++;
    line.section.after(() -> node.acquire(call)
        .whenComplete(
            (answer, failure) -> line.section.run(() -> onAnswer(node, sent, answer, failure))));
  }

  private Node.Access access() {
    if (!line.reads) {
      return Node.Access.WRITE;
    }
    return attempt.holdings().count() > 0 ? Node.Access.READ_WITH_OTHERS : Node.Access.READ;
  }

  private void onAnswer(
      Node node, Moment sent, @Nullable Answer answer, @Nullable Throwable failure) {
    var view = views[node.index];
    view.asked--;
    if (ended) {
      return;
    }
    if (answer == null) {
      view.silent = true;
      line.section.after(() -> engine.failed(node, failure));
      attempt.failed(node.index);
    } else if (engine.membership.isUsable(node, answer)) {
      note(node, view, sent, answer);
    } else {
      attempt.failed(node.index);
    }
    decide();
  }

  private void note(Node node, NodeView view, Moment sent, Answer answer) {
    if (answer instanceof Answer.Granted granted && granted.counter() <= view.yielded) {
      yieldOne(node); // not done yet, or lost
    } else if (answer instanceof Answer.Granted granted) {
      view.heard(sent, granted.nowMicros());
      line.sawCounter(granted.counter());
      attempt.held(node.index, granted.counter(), sent.plusNanos(usable(engine.leaseNanos)));
    } else if (answer instanceof Answer.Contended other) {
      if (attempt.isHeld(node.index) && view.serverMicros >= other.nowMicros()) {
        return; // it was handed the lock after that
      }
      view.heard(sent, other.nowMicros());
      line.sawCounter(other.counter());
      view.owner = other;
      attempt.refused(node.index);
    } else {
      attempt.failed(node.index);
    }
  }

  private void decide() {
    if (attempt.isConfirmed()) {
      win();
      return;
    }
    for (Node node : engine.nodes) {
      if (attempt.raise(node.index)) {
        raise(node);
      }
    }
    if (waits && isSplit()) {
      yieldIfBehind();
      scheduleYield();
    }
    if (attempt.isOpen()) {
      return;
    }
    if (attempt.isUnavailable()) {
      line.unavailable(names(attempt::isFailed));
    } else {
      line.contended(contention());
    }
    if (!ended && waits) {
      schedulePoll();
    }
  }

  private void win() {
    end(); // but for messages it stays known, until its lease is
    long token = attempt.token();
    var grant = new Grant(id, line.reads, token, attempt.holdings(), waits, this::mayBeOnTheWay);
    var lease = new Lease(engine, line.name, grant, token - tokens + 1);
    lease.isHandedOn = handedOn;
    line.won(lease);
    engine.bids.remove(id);
  }

  /** Returns whether a call of this bid may still arrive at a node. Not in the section. */
  private boolean mayBeOnTheWay(int node) {
    return line.section.read(() -> views[node].asked > 0 || views[node].silent);
  }

  private void raise(Node node) {
    long token = attempt.token();
    var sent = Moment.now(engine.time);
    var raising = List.of(new Node.Extension(
        line.name, id, engine.leaseNanos / 1_000, token, /* mayRepair= */ false, line.reads));
    line.section.after(() -> node.extend(raising)
        .whenComplete((counters, failure) -> line.section.run(() -> {
          if (ended) {
            return;
          }
          if (counters == null) {
            attempt.notRaised(node.index);
          } else if (counters[0] < 0) {
            attempt.refused(node.index);
          } else {
            attempt.raised(node.index, counters[0], sent.plusNanos(usable(engine.leaseNanos)));
          }
          decide();
        })));
  }

  private void end() {
    ended = true;
    cancel(poll);
    cancel(yielding);
  }

  private void schedulePoll() {
    if (poll != null) {
      return;
    }
    long nanos = engine.jittered(engine.leaseNanos / 3);
    for (NodeView view : views) {
      if (view.owner != null) {
        long left = view.owner.leftMicros() * 1_000 + engine.jittered(engine.leaseNanos / 50);
        nanos = Math.min(nanos, Math.max(left, engine.leaseNanos / 100));
      }
    }
    poll = engine.time.schedule(
        () -> line.section.run(() -> {
          poll = null;
          poll();
        }),
        Duration.ofNanos(nanos));
  }

  /** Asks again: for those whose message was lost, and for owners who died. */
  private void poll() {
    if (ended) {
      return;
    }
    for (Node node : engine.nodes) {
      if (views[node.index].asked == 0) {
        ask(node);
      }
    }
  }

  private void scheduleYield() {
    if (yielding != null || looking || !isSplit()) {
      return;
    }
    long nanos = engine.jittered(FIRST_YIELD_NANOS << Math.min(yields++, MOST_DOUBLINGS));
    yielding = engine.time.schedule(
        () -> line.section.run(() -> {
          yielding = null;
          if (!ended && isSplit()) {
            look();
          }
        }),
        Duration.ofNanos(nanos));
  }

  /** Asks the nodes that others have who that is now. */
  private void look() {
    looking = true;
    for (Node node : engine.nodes) {
      if (attempt.isRefused(node.index) && views[node.index].asked == 0) {
        ask(node);
      }
    }
  }

  /** Gives up what this bid has, if all have said who has the rest, and one of those goes first. */
  private void yieldIfBehind() {
    if (!looking || isAsking()) {
      return;
    }
    looking = false;
    if (line.reads) {
      return;
    }
    boolean isBehind = false;
    long dead = engine.leaseNanos / 2_000; // a living one would have asked again
    for (int i = 0; i < views.length; i++) {
      isBehind |= attempt.isRefused(i) && views[i].isBefore(id, yields >= LOOKS_AT_READERS, dead);
    }
    for (Node node : engine.nodes) {
      if (isBehind && attempt.isHeld(node.index)) {
        views[node.index].yielded = attempt.counter(node.index);
        views[node.index].owner = null;
        attempt.refused(node.index);
        yieldOne(node);
      }
    }
  }

  /** Has a node take back what it granted, and nothing that it grants later. */
  private void yieldOne(Node node) {
    long micros = engine.leaseNanos / 1_000;
    var again = new Node.Again(views[node.index].yielded, micros, micros, tokens);
    line.section.after(() -> node.standAgain(line.name, id, again));
  }

  private boolean isAsking() {
    boolean isAsking = false;
    for (int i = 0; i < views.length; i++) {
      isAsking |= attempt.isRefused(i) && views[i].asked > 0;
    }
    return isAsking;
  }

  /** Returns whether this bid has some nodes, though no quorum, and other bids have others. */
  private boolean isSplit() {
    boolean isRefused = false;
    for (int i = 0; i < views.length; i++) {
      isRefused |= attempt.isRefused(i);
    }
    int held = attempt.holdings().count();
    return isRefused && held > 0 && held < engine.quorum;
  }

  private Contended contention() {
    var longest = NodeView.longest(views);
    return longest == null
        ? new Contended("", Duration.ZERO)
        : new Contended(
            engine.instanceOf(longest.owner()),
            Duration.ofNanos(Math.max(0, longest.leftMicros()) * 1_000));
  }

  /** Returns the names of the nodes that have not answered yet. */
  List<String> unanswered() {
    return names(index -> attempt.isAsked(index) || attempt.isFailed(index));
  }

  private List<String> names(IntPredicate which) {
    List<String> names = new ArrayList<>();
    for (Node node : engine.nodes) {
      if (which.test(node.index)) {
        names.add(node.name);
      }
    }
    return names;
  }

  private static void cancel(Time.@Nullable Cancellable timer) {
    if (timer != null) {
      timer.cancel();
    }
  }
}
