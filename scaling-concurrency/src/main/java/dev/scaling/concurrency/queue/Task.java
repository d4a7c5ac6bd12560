package dev.scaling.concurrency.queue;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.List;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** Something to be done once, on the executor or, if that refuses, otherwise; it may bring more. */
abstract class Task implements Runnable {

  private static final VarHandle CLAIMED;

  static {
    try {
      CLAIMED = MethodHandles.lookup().findVarHandle(Task.class, "claimed", boolean.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final Starter starter;

  @SuppressWarnings("UnusedVariable") // used by the handle
  private boolean claimed;

  private volatile @Nullable Thread starting; // the thread inside Executor.execute
  private volatile @Nullable Thread performing; // the thread inside perform
  private List<Task> brought = List.of(); // by a run inside execute, on that thread alone

  Task(Starter starter) {
    this.starter = starter;
  }

  /** Does the work, whatever happens, and returns what is to be started after it. */
  abstract List<Task> perform();

  /** Ends what the executor refused, and returns what is to be started after it. */
  abstract List<Task> refused(Throwable refusal);

  /** Hands this to an executor; returns what it brought if it ran on this thread. */
  final List<Task> startOn(Executor executor) {
    starting = Thread.currentThread();
    try {
      executor.execute(this);
    } catch (Throwable e) { // errors too: a thread that cannot be made must not lose an item
      if (claim()) {
        brought = refused(e);
      }
    } finally {
      starting = null;
    }
    return brought;
  }

  @Override
  public final void run() {
    if (!claim()) {
      return; // an executor that runs it twice, or after it refused
    }
    var next = performHere();
    if (starting == Thread.currentThread()) {
      brought = next;
    } else {
      starter.start(next);
    }
  }

  final List<Task> performHere() {
    performing = Thread.currentThread();
    try {
      return perform();
    } finally {
      performing = null;
    }
  }

  /** Starts what came after the work was over. */
  final void startNext(List<Task> next) {
    starter.start(next);
  }

  final boolean isPerformedByCaller() {
    return performing == Thread.currentThread();
  }

  private boolean claim() {
    return CLAIMED.compareAndSet(this, false, true);
  }
}
