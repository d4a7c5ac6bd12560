package dev.scaling.concurrency.internal;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One execution for a key under way, and the future of its result, which all callers of the key
 * share and no user ever sees. It is completed by {@link Flights}, after the removal.
 *
 * <p>Safe for use by many threads; {@link #enter} and the exits are for the one that executes.
 */
public abstract class AbstractFlight<K, V> extends CompletableFuture<@Nullable V> {

  private static final VarHandle EXECUTING;

  static {
    try {
      EXECUTING =
          MethodHandles.lookup().findVarHandle(AbstractFlight.class, "executing", Thread.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final K key;

  /** The thread inside the execution, else null. Set by that thread alone. */
  @SuppressWarnings("UnusedVariable") // used by the handle
  private @Nullable Thread executing;

  /** Creates a flight that nobody executes yet. */
  protected AbstractFlight(K key) {
    this.key = key;
  }

  /** Returns what the callers asked for. */
  public final K key() {
    return key;
  }

  /** Notes that this thread executes from now on, before whatever it reads next. */
  public final void enter() {
    EXECUTING.setVolatile(this, Thread.currentThread());
  }

  /** Notes that this thread executes, where nobody may interrupt it: only it need see that. */
  public final void enterUndisturbed() {
    EXECUTING.setOpaque(this, Thread.currentThread());
  }

  /** Notes that this thread no longer executes, before whatever it reads next. */
  public final void exit() {
    EXECUTING.setVolatile(this, null);
  }

  /** Notes that this thread no longer executes; others may see it only with the result. */
  public final void exitToLand() {
    EXECUTING.setRelease(this, null);
  }

  /** Returns the thread that executes. */
  public final @Nullable Thread executing() {
    return (Thread) EXECUTING.getVolatile(this);
  }

  /**
   * Returns whether the caller is inside the execution. It needs no fence: a thread always sees
   * what it wrote itself, and nobody else writes its name.
   */
  final boolean isExecutedByCaller() {
    return EXECUTING.getOpaque(this) == Thread.currentThread();
  }
}
