package dev.scaling.resilience;

import dev.scaling.core.Time;
import dev.scaling.core.internal.ComponentLog;
import dev.scaling.core.internal.Handover;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.State;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.StateTransition;

/** What a pipeline says in the log. */
final class PipelineLog {

  private static final String BROKEN = "the circuit is open";

  private final ComponentLog log;
  private final Handover handover;

  PipelineLog(String name, Time time, Handover handover) {
    log = new ComponentLog(Resilience.class, name, time);
    this.handover = handover;
  }

  /** Under a lock, perhaps, so that the line is written elsewhere. */
  void changed(StateTransition transition) {
    var now = transition.getToState();
    if (now == State.OPEN || now == State.FORCED_OPEN) {
      handover.deliver(() -> log.warn(BROKEN, ": too many of the last attempts failed"));
    } else if (now == State.CLOSED) {
      handover.deliver(() -> log.over(BROKEN, "the circuit is closed"));
    }
  }

  void callbackFailed(Throwable failure) {
    log.warn("a callback failed", ": " + ComponentLog.reason(failure));
  }
}
