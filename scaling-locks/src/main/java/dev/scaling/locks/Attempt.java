package dev.scaling.locks;

import java.util.Arrays;

/** What one attempt at a lock knows of the nodes, and what follows from it. No clock, no calls. */
final class Attempt {

  /*
   * Fencing tokens. Each node has a counter for the lock, which each of its grants makes greater. With
   * grants of a quorum the attempt takes the greatest counter as its token, and then has it confirmed:
   *
   *   a node that granted with the token itself has confirmed it;
   *   any other one raises its counter to it, if the attempt still has the lock there and its counter is
   *   not beyond it. If it is, that becomes the token, to be confirmed anew.
   *
   * Confirmed by a quorum, the token is greater than that of any attempt that ended before this one began,
   * and no other attempt has the same, whatever the clocks do: two attempts have a node in common, and
   * there the one's time from grant to confirmation lies before the other's grant. This is the write-back
   * of ABD [1], on the condition that nobody came between. QuorumTokenTest explores it, and its broken
   * variants; locks may vanish at any time there.
   *
   * Readers share a node and its counter. But the first of them after a writer makes it greater, as each
   * writer does: so all this holds of any two attempts of which one is a writer's. Of two readers' the
   * later one's token is not less than the earlier one's.
   *
   * A writer's grant that is good for several leases, one after the other, makes the counter greater by so
   * many, and the attempt has the token that is confirmed and as many before it. Those of two attempts do
   * not meet: where the one confirmed, the other's grant came after, and went beyond by all that it has.
   *
   * [1] H. Attiya, A. Bar-Noy, D. Dolev, Sharing Memory Robustly in Message-Passing Systems, J. ACM 42(1),
   *     1995, https://doi.org/10.1145/200836.200869
   */

  private enum State {
    ASKED,
    HELD,
    REFUSED,
    FAILED
  }

  private static final long NOT_ASKED_TO_RAISE = 0;

  private final int quorum;
  private final State[] states;
  private final long[] counters;
  private final long[] raisingTo;
  private long token;
  private Holdings holdings;

  Attempt(int nodes) {
    quorum = nodes / 2 + 1;
    states = new State[nodes];
    Arrays.fill(states, State.ASKED);
    counters = new long[nodes];
    raisingTo = new long[nodes];
    holdings = Holdings.none(nodes);
  }

  /** A node granted the lock, with its counter, and holds it at least until then. */
  void held(int node, long counter, Moment until) {
    boolean isAnother = states[node] == State.HELD && counters[node] != counter;
    states[node] = State.HELD;
    counters[node] = counter;
    holdings = holdings.with(node, until);
    if ((token == 0 || isAnother) && holdings.count() >= quorum) {
      token =
          greatest(); // another grant, since somebody came between: the old one confirms nothing
    }
    giveUpTokenBehind();
  }

  /** Somebody else has the lock at a node. */
  void refused(int node) {
    left(node, State.REFUSED);
  }

  /** A node brought no usable answer. */
  void failed(int node) {
    left(node, State.FAILED);
  }

  /** A node raised its counter, or found a greater one. */
  void raised(int node, long counter, Moment until) {
    raisingTo[node] = NOT_ASKED_TO_RAISE;
    if (states[node] == State.HELD) {
      counters[node] = Math.max(counters[node], counter);
      holdings = holdings.with(node, until);
      if (counter > token && !isConfirmed()) {
        token = greatest();
      }
    }
    giveUpTokenBehind();
  }

  /** A node did not say whether it raised its counter. */
  void notRaised(int node) {
    raisingTo[node] = NOT_ASKED_TO_RAISE;
    left(node, State.FAILED);
  }

  /**
   * Returns whether the node should raise its counter to the token now, and notes that it is told.
   */
  boolean raise(int node) {
    boolean lags = token > 0
        && states[node] == State.HELD
        && counters[node] < token
        && raisingTo[node] != token
        && !isConfirmed();
    if (lags) {
      raisingTo[node] = token;
    }
    return lags;
  }

  /** Returns whether a quorum has confirmed the token; that of nodes that hold the lock still. */
  boolean isConfirmed() {
    int confirmed = 0;
    for (int i = 0; i < states.length; i++) {
      confirmed += states[i] == State.HELD && counters[i] == token ? 1 : 0;
    }
    return token > 0 && confirmed >= quorum;
  }

  /** Returns whether a quorum can still come, without anybody else giving the lock back. */
  boolean isOpen() {
    int possible = 0;
    for (State state : states) {
      possible += state == State.ASKED || state == State.HELD ? 1 : 0;
    }
    return possible >= quorum;
  }

  /** Returns whether too many nodes failed for any attempt to succeed. */
  boolean isUnavailable() {
    int failed = 0;
    for (State state : states) {
      failed += state == State.FAILED ? 1 : 0;
    }
    return failed > states.length - quorum;
  }

  boolean isHeld(int node) {
    return states[node] == State.HELD;
  }

  boolean isFailed(int node) {
    return states[node] == State.FAILED;
  }

  boolean isAsked(int node) {
    return states[node] == State.ASKED;
  }

  boolean isRefused(int node) {
    return states[node] == State.REFUSED;
  }

  Holdings holdings() {
    return holdings;
  }

  /** Returns the token, or 0 as long as there is no quorum of grants. */
  long token() {
    return token;
  }

  private void left(int node, State state) {
    states[node] = state;
    counters[node] = 0;
    raisingTo[node] = NOT_ASKED_TO_RAISE; // it forgets that, if it grants the lock again
    holdings = holdings.without(node);
    if (holdings.count() < quorum) {
      token = 0;
    }
    giveUpTokenBehind();
  }

  /** Takes a greater token if too many nodes are beyond this one for it to be confirmed. */
  private void giveUpTokenBehind() {
    if (token == 0) {
      return;
    }
    int possible = 0;
    for (int i = 0; i < states.length; i++) {
      boolean mayConfirm = states[i] == State.HELD && counters[i] <= token;
      possible += mayConfirm || states[i] == State.ASKED ? 1 : 0;
    }
    if (possible < quorum) {
      token = greatest();
    }
  }

  /** Returns the counter of a node that granted the lock. */
  long counter(int node) {
    return counters[node];
  }

  private long greatest() {
    long greatest = 0;
    for (int i = 0; i < states.length; i++) {
      greatest = Math.max(greatest, states[i] == State.HELD ? counters[i] : 0);
    }
    return greatest;
  }
}
