package dev.scaling.resilience;

import dev.scaling.core.ScalingException;
import dev.scaling.core.Time;
import dev.scaling.core.internal.Checks;
import dev.scaling.resilience.context.CallContext;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** One attempt of a call, for what makes it. Safe for use by many threads. */
public final class Attempt {

  private static final Runnable CANCELLED = new Runnable() { // an object that nobody else has
        @Override
        public void run() {}
      };

  private final int number;
  private final Kind kind;
  private final long endNanos;
  private final Time time;
  private final CallContext context;
  private final AtomicReference<@Nullable Runnable> whenCancelled = new AtomicReference<>();

  Attempt(int number, Kind kind, long endNanos, Time time, CallContext context) {
    this.number = number;
    this.kind = kind;
    this.endNanos = endNanos;
    this.time = time;
    this.context = context;
  }

  /** Returns its number, from 1: more than that is a retry or a hedge. */
  public int number() {
    return number;
  }

  /** Returns why it is made. */
  public Kind kind() {
    return kind;
  }

  /**
   * Returns for how long anybody waits for it at most from now on: a limit for whatever is waited
   * for here, and what to tell the callee. Zero if that is over.
   */
  public Duration remaining() {
    return Duration.ofNanos(Math.max(0, endNanos - time.nanoTime()));
  }

  /**
   * Returns what to tell the callee, by a {@link dev.scaling.resilience.context.CallContextCodec}:
   * {@link #remaining}, {@link #number}, and whether its own caller wants it to retry.
   */
  public CallContext context() {
    return context.within(remaining(), time).withAttempt(number);
  }

  /**
   * Sets what is done once if the attempt is given up while it is under way: it took too long,
   * another was faster, or its caller has gone. For what a thread's interrupt or the stage's own
   * cancellation does not end, such as a request of an HTTP client. Runs at once if it is given up
   * already, and otherwise on the thread that gives it up: of the executor, of the caller who
   * cancels, or of the attempt that was faster. So it must not block. What it throws is logged.
   *
   * @throws IllegalStateException if it is set already
   */
  public void onCancel(Runnable cancel) {
    Checks.notNull(cancel, "cancel");
    if (!whenCancelled.compareAndSet(null, cancel)) {
      Checks.agreement(whenCancelled.get() == CANCELLED, "onCancel is set already");
      cancel.run();
    }
  }

  void cancel(PipelineLog log) {
    var cancel = whenCancelled.getAndSet(CANCELLED);
    try {
      if (cancel != null) {
        cancel.run();
      }
    } catch (Throwable e) { // the user's code, on a thread of ours
      log.callbackFailed(e);
    }
  }

  @Override
  public String toString() {
    return "Attempt[" + number + ", " + kind + "]";
  }

  /** Why an attempt is made. */
  public enum Kind {

    /** It is the first of its call. */
    INITIAL,

    /** The one before has failed. */
    RETRY,

    /** The first one takes long, and this one races it. */
    HEDGE
  }

  /** An attempt took longer than it may, and was given up. The callee may go on with it. */
  public static final class TimedOutException extends ScalingException {

    private static final long serialVersionUID = 1L;

    TimedOutException(String pipeline, int attempt, @Nullable Duration timeout) {
      super(
          pipeline + ": attempt " + attempt + " was not done within " + timeout,
          /* cause= */ null,
          /* hasStackTrace= */ false);
    }
  }
}
