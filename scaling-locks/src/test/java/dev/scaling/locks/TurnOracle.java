package dev.scaling.locks;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Judges how often and for how long instances hand a lease on among their callers. */
final class TurnOracle {

  private final Map<SimulatedProcess, Bound> bounds = new HashMap<>();
  private final Map<String, Turn> turns = new HashMap<>(); // by attempt
  private int handOvers;

  /** Tells how often, and for how long after it got it, a process may hand a lease on. */
  void allow(SimulatedProcess process, int most, Duration longest) {
    bounds.put(process, new Bound(most, longest.toNanos()));
  }

  /** A call has succeeded; returns what is wrong with that, or {@code null}. */
  @Nullable
  String acquired(Lease lease, SimulatedProcess process) {
    long now = process.nanoTime();
    var turn = turns.putIfAbsent(lease.attempt, new Turn(lease.fencingToken(), now));
    if (turn == null) {
      return null;
    }
    handOvers++;
    var bound = bounds.get(process);
    if (lease.fencingToken() - turn.token > bound.most) {
      return "handed on too often: " + lease + " of a turn from " + turn.token;
    }
    if (now - turn.nanos > bound.nanos) {
      return "handed on too late: " + lease + " by " + (now - turn.nanos - bound.nanos) + " ns";
    }
    return null;
  }

  /** Returns whether a lease was handed on within its instance, of those that have come here. */
  boolean isHandedOn(Lease lease) {
    var turn = turns.get(lease.attempt);
    return turn != null && turn.token != lease.fencingToken();
  }

  int handOvers() {
    return handOvers;
  }

  private record Bound(int most, long nanos) {}

  /** The leases of one attempt, from the first on that reached its caller. */
  private record Turn(long token, long nanos) {}
}
