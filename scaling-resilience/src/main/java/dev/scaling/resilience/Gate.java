package dev.scaling.resilience;

import dev.scaling.resilience.CallRejectedException.Reason;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.State;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What each attempt has to pass: the breaker, and then the bulkhead. Whoever has entered leaves
 * once. Safe for use by many threads.
 */
final class Gate {

  private static final double FULL = 0.8; // of the bulkhead

  private final String pipeline;
  final @Nullable Breaker breaker;
  final @Nullable Slots slots;
  private final CallCounters counters;
  private final PipelineLog log;

  Gate(
      String pipeline,
      @Nullable Breaker breaker,
      @Nullable Slots slots,
      CallCounters counters,
      PipelineLog log) {
    this.pipeline = pipeline;
    this.log = log;
    this.breaker = breaker;
    this.slots = slots;
    this.counters = counters;
  }

  /**
   * Lets an attempt in.
   *
   * @return to leave with
   * @throws CallRejectedException if it must not be made now
   */
  Permit enter(long nowNanos) {
    var permit = breaker == null ? Permit.NONE : breaker.tryAcquire(nowNanos);
    if (permit == null) {
      throw refusal(Reason.BREAKER_OPEN, nowNanos);
    }
    if (slots != null && !isFree(slots, permit)) {
      throw refusal(Reason.BULKHEAD_FULL, nowNanos);
    }
    return permit;
  }

  /** The attempt has succeeded. */
  void succeeded(Permit permit, long beganNanos) {
    leave();
    if (breaker != null) {
      breaker.succeeded(permit, beganNanos);
    }
  }

  /** The attempt has failed. */
  void failed(Permit permit, long beganNanos, Throwable failure) {
    leave();
    if (breaker != null) {
      breaker.failed(permit, beganNanos, failure);
    }
  }

  /** The attempt was given up, for a reason that says nothing of the callee. */
  void released(Permit permit) {
    leave();
    if (breaker != null) {
      breaker.released(permit);
    }
  }

  /** Returns whether to enter may take time, since a bulkhead of the user's may wait. */
  boolean isForeign() {
    return slots != null && !(slots instanceof Slots.Resizable);
  }

  private void leave() {
    if (slots != null) {
      try {
        slots.release();
      } catch (Throwable e) { // a listener of the user's bulkhead, after its place is free
        log.callbackFailed(e);
      }
    }
  }

  /** Returns whether an attempt that need not be made would be one too many. */
  boolean isSaturated() {
    return (breaker != null && breaker.state() != State.CLOSED)
        || (slots != null && slots.usage() >= FULL * slots.limit());
  }

  private boolean isFree(Slots slots, Permit permit) {
    boolean isFree = false;
    try {
      isFree = slots.tryAcquire();
    } finally {
      if (!isFree && breaker != null) { // also if a bulkhead of the user's throws
        breaker.released(permit);
      }
    }
    return isFree;
  }

  private CallRejectedException refusal(Reason reason, long nowNanos) {
    counters.refused(reason).increment();
    var retryAfter = reason == Reason.BREAKER_OPEN && breaker != null
        ? breaker.refusesFor(nowNanos)
        : Duration.ZERO;
    return new CallRejectedException(pipeline, reason, retryAfter);
  }
}
