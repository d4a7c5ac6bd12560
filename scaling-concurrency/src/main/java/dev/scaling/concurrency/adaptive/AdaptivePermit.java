package dev.scaling.concurrency.adaptive;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The permission to make one call, until it is ended in one of three ways. What the calls of a
 * limit say at their end is all that the limit learns from.
 *
 * <p>Safe for use by many threads. No method blocks.
 */
public final class AdaptivePermit implements AutoCloseable {

  private static final VarHandle ENDED;

  static {
    try {
      ENDED = MethodHandles.lookup().findVarHandle(AdaptivePermit.class, "ended", boolean.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final AdaptiveLimit limit;

  @SuppressWarnings("UnusedVariable") // used by the handle
  private boolean ended;

  AdaptivePermit(AdaptiveLimit limit) {
    this.limit = limit;
  }

  /** Ends the call: the dependency did its work. Does nothing once the call has ended. */
  public void success() {
    if (end()) {
      limit.succeeded();
    }
  }

  /**
   * Ends the call: the dependency could not do its work because it had too much of it, by a timeout
   * or a refusal. Does nothing once the call has ended.
   */
  public void overload() {
    if (end()) {
      limit.overloaded();
    }
  }

  /**
   * Ends the call if it has not ended: nothing is learned from it. That is right for what fails for
   * reasons of its own; failures are often fast, and say nothing about the capacity.
   */
  @Override
  public void close() {
    if (end()) {
      limit.ended();
    }
  }

  private boolean end() {
    return ENDED.compareAndSet(this, false, true);
  }
}
