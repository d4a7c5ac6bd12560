package dev.scaling.resilience;

import io.github.resilience4j.circuitbreaker.CircuitBreaker.State;
import org.jspecify.annotations.Nullable;

/**
 * What an attempt gets from a {@link Breaker}, and brings back with its outcome: all attempts of a
 * closed phase share one, and each probe has its own.
 */
final class Permit {

  /** For attempts without a breaker. */
  static final Permit NONE = new Phase(State.DISABLED, null, 0).shared;

  final Phase phase;
  final TimerSlot timer = new TimerSlot(); // of a probe
  private boolean isSettled; // guarded by the breaker's guard

  private Permit(Phase phase) {
    this.phase = phase;
  }

  static Permit probe(Phase phase) {
    return new Permit(phase);
  }

  boolean isShared() {
    return this == phase.shared;
  }

  /** Returns whether this is the first outcome of a probe; attempts that share one always are. */
  boolean settle() {
    boolean isFirst = !isSettled;
    isSettled = !isShared();
    return isFirst;
  }

  /** From one change of the circuit's state to the next: a generation. Immutable. */
  static final class Phase {

    final State state;
    final @Nullable OutcomeWindow window; // of a closed phase, if the breaker is ours
    final long refusesUntilNanos; // in an open phase, if the breaker is ours
    final Permit shared = new Permit(this);

    Phase(State state, @Nullable OutcomeWindow window, long refusesUntilNanos) {
      this.state = state;
      this.window = window;
      this.refusesUntilNanos = refusesUntilNanos;
    }

    /** Returns whether attempts go through without a probe's permit. */
    boolean isClosed() {
      return state == State.CLOSED || state == State.DISABLED || state == State.METRICS_ONLY;
    }
  }
}
