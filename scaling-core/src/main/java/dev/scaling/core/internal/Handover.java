package dev.scaling.core.internal;

import java.util.ArrayDeque;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** How what a caller waited for reaches its own future, on a thread where its code may run. */
public final class Handover implements AutoCloseable {

  /*
   * An executor may run a task at once, on the thread that submits it, and so does this class with what
   * an executor refuses. If the caller's code then ends what lets the next caller begin, a line of
   * thousands lies on one stack. From DEEPEST levels on a delivery waits until those under it have
   * returned. Above that code that waits, a level up, for what is decided here finds it delivered.
   */

  private static final int DEEPEST = 32;

  private final Executor executor;
  private final @Nullable ExecutorService owned;
  private final Map<Thread, Stack> stacks = new ConcurrentHashMap<>();

  /**
   * Creates a component's way to its callers.
   *
   * @param component names the threads that are started if there is no executor
   * @param executor where the callers' code runs, or {@code null} for threads of our own
   */
  public Handover(String component, @Nullable Executor executor) {
    owned = executor == null ? Threads.create(component) : null;
    this.executor = executor == null ? Checks.notNull(owned, "owned") : executor;
  }

  /**
   * Lets a caller's future follow an internal one, on the executor, or on the completing thread if
   * the executor is shut down or fails.
   *
   * @param unwanted takes back what came when the caller was gone
   */
  public <T extends @Nullable Object> void follow(
      CompletableFuture<T> from, CompletableFuture<T> to, Consumer<T> unwanted) {
    from.whenComplete((value, failure) -> deliver(() -> {
      if (failure != null) {
        to.completeExceptionally(failure);
      } else if (!to.complete(value)) {
        unwanted.accept(value);
      }
    }));
  }

  /** Runs a delivery that throws nothing, once, in the same place. */
  public void deliver(Runnable delivery) {
    if (!tryDeliver(delivery)) {
      run(delivery); // better here than never
    }
  }

  /**
   * Runs something that throws nothing on the executor, once, or not at all: what may take long, or
   * may block, must not run wherever it comes from.
   *
   * @return false if the executor is shut down or refuses it
   */
  public boolean tryDeliver(Runnable delivery) {
    var delivered = new AtomicBoolean(); // an executor may run it, and fail then
    try {
      executor.execute(() -> {
        if (!delivered.getAndSet(true)) {
          run(delivery);
        }
      });
      return true;
    } catch (Throwable e) {
      return delivered.getAndSet(true);
    }
  }

  /** Returns whether the threads are ours. */
  public boolean isOwner() {
    return owned != null;
  }

  /** Ends the threads, if they are ours; what is on its way still arrives. */
  @Override
  public void close() {
    if (owned != null) {
      owned.shutdown();
    }
  }

  private void run(Runnable delivery) {
    var thread = Thread.currentThread();
    var stack = stacks.computeIfAbsent(thread, same -> new Stack());
    if (stack.depth == DEEPEST) {
      stack.waiting.add(delivery);
      return;
    }
    stack.depth++;
    try {
      delivery.run();
      while (stack.depth == 1 && !stack.waiting.isEmpty()) {
        stack.waiting.remove().run();
      }
    } finally {
      stack.depth--;
      if (stack.depth == 0) {
        stacks.remove(thread);
      }
    }
  }

  /** The deliveries of one thread; used by it alone. */
  private static final class Stack {

    private final Queue<Runnable> waiting = new ArrayDeque<>();
    private int depth;
  }
}
