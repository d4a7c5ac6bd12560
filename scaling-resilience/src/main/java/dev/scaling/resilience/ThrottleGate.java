package dev.scaling.resilience;

import dev.scaling.resilience.CallRejectedException.Reason;
import java.time.Duration;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** What each call has to pass before its first attempt: the throttle, if there is one. */
final class ThrottleGate {

  private final String pipeline;
  final @Nullable Throttle throttle;
  private final Predicate<Throwable> refusal;
  private final CallCounters counters;

  ThrottleGate(
      String pipeline,
      @Nullable Throttle throttle,
      Predicate<Throwable> refusal,
      CallCounters counters) {
    this.pipeline = pipeline;
    this.throttle = throttle;
    this.refusal = refusal;
    this.counters = counters;
  }

  /**
   * Lets a call in; {@link #leave} follows in either case, and in that of a call that is late.
   *
   * @throws CallRejectedException if it must not be made now
   */
  void enter(long nowNanos) {
    if (throttle != null && !throttle.tryAdmit(nowNanos)) {
      counters.refused(Reason.THROTTLED).increment();
      throw new CallRejectedException(pipeline, Reason.THROTTLED, Duration.ZERO);
    }
  }

  /** A call has ended; the callee has accepted it unless its failure says otherwise. */
  void leave(Ending ending, long beganNanos, @Nullable Throwable failure) {
    if (throttle != null && ending != Ending.LATE && !isRefusal(failure)) {
      throttle.accepted(beganNanos);
    }
  }

  boolean isThrottling() {
    return throttle != null && throttle.dropRatio() > 0;
  }

  private boolean isRefusal(@Nullable Throwable failure) {
    if (failure instanceof CallRejectedException rejected
        && rejected.reason() == Reason.THROTTLED) {
      return true; // by ourselves: the callee has accepted nothing
    }
    try {
      return failure != null && refusal.test(failure);
    } catch (Throwable e) { // the user's code; then nothing is known
      return false;
    }
  }
}
