package dev.scaling.concurrency.adaptive;

import dev.scaling.core.internal.Checks;
import dev.scaling.core.internal.Handover;
import dev.scaling.core.telemetry.Telemetry;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Limits how many calls to a dependency are under way at a time, by a limit that it finds itself:
 * as many as bring throughput, and none that only wait there.
 *
 * <p>What it promises:
 *
 * <ul>
 *   <li><b>Never beyond the limit.</b> No call begins while as many are under way as the limit of
 *       that moment allows, and at no moment are there more than {@code maximumLimit}.
 *   <li><b>No drift.</b> Under lasting overload the limit stays where it is: it is found by
 *       comparing throughputs moments apart, not by the memory of a better time.
 *   <li><b>Who matters more goes first.</b> A call of a higher {@link Priority} takes the next
 *       slot, and the room of who waits with a lower one.
 *   <li><b>No standing queue.</b> Bursts wait, at most for {@code maxWait}. Once that has gone on
 *       for as long, newcomers wait at most for {@code maxWaitInOverload}, and the newest are
 *       served first.
 * </ul>
 *
 * <p>One limit a dependency, for the life of the process or until it is closed: a timer belongs to
 * it. It talks to nobody; instances of a service that use one dependency each find their share,
 * provided that their wall clocks agree to some ten milliseconds.
 *
 * <p>Instances are safe for use by many threads. Blocking methods may be called on virtual threads;
 * asynchronous ones hold no thread while they wait.
 */
public final class AdaptiveLimit implements AutoCloseable {

  private final String name;
  private final Slots slots;
  private final AdaptiveCounters counters = new AdaptiveCounters();
  private final WaitingRoom room;
  private final Regulator regulator;
  private final boolean isWaitingAllowed;
  private final CallEnds ends;
  private final Handover handover;
  private final Telemetry telemetry;
  private final AtomicBoolean closed = new AtomicBoolean();

  AdaptiveLimit(AdaptiveLimitBuilder builder) {
    name = builder.name;
    handover = new Handover(name, builder.executor);
    isWaitingAllowed = builder.maximumWaiting > 0;
    ends = new CallEnds(builder.overloadedWhen);
    slots = new Slots(builder.initialLimit);
    room = new WaitingRoom(builder, this::waitedTooLong);
    var knee = new Knee(builder.minimumLimit, builder.maximumLimit, builder.initialLimit);
    regulator = new Regulator(builder.time, slots, counters, knee, this::serve);
    telemetry = AdaptiveMeters.register(builder.openTelemetry, name, this::snapshot);
    regulator.start();
  }

  /**
   * Returns a builder that holds the defaults.
   *
   * @param name names the limit in telemetry and messages: 1 to 64 letters, digits, dots, dashes
   *     and underscores
   * @throws IllegalArgumentException if the name is not of that form
   */
  public static AdaptiveLimitBuilder builder(String name) {
    return new AdaptiveLimitBuilder(name);
  }

  /**
   * Does some work within the limit, at {@link Priority#NORMAL}.
   *
   * @see #run(Priority, Callable)
   */
  public <V extends @Nullable Object> V run(Callable<V> work) throws Exception {
    return run(Priority.NORMAL, work);
  }

  /**
   * Does some work within the limit, on this thread. Waits as {@link #acquire(Priority)} does. Its
   * return is a success; what it throws is thrown on, and an overload if {@code overloadedWhen}
   * says so.
   *
   * @throws ConcurrencyLimitedException if there was no slot for it; then it was not begun
   * @throws CancellationException if the thread was interrupted while it waited; its flag is set
   *     again
   * @throws Exception what the work throws
   */
  public <V extends @Nullable Object> V run(Priority priority, Callable<V> work) throws Exception {
    Checks.notNull(work, "work");
    try (var permit = acquire(priority)) {
      try {
        V value = work.call();
        permit.success();
        return value;
      } catch (Throwable e) { // errors are somebody's overload too
        ends.failed(permit, e);
        throw e;
      }
    }
  }

  /**
   * Does some asynchronous work within the limit, as {@link #run(Priority, Callable)} does. It is
   * under way until its stage is done. To cancel the future leaves the line, and has no effect on
   * work that has begun.
   *
   * @param work starts on this thread, or on the executor if the call had to wait
   */
  public <V extends @Nullable Object> CompletableFuture<V> runAsync(
      Priority priority, Supplier<? extends CompletionStage<V>> work) {
    Checks.notNull(work, "work");
    var waiting = acquireAsync(priority);
    var result = new CompletableFuture<V>();
    waiting.whenComplete((permit, failure) -> {
      if (failure != null) {
        result.completeExceptionally(failure);
      } else if (result.isDone()) { // the caller has left
        permit.close();
      } else {
        ends.start(permit, work, result);
      }
    });
    result.whenComplete((value, failure) -> waiting.cancel(/* mayInterruptIfRunning= */ false));
    return result;
  }

  /** Takes a permit if a slot is free now, and nobody waits for it. Never blocks. */
  public Optional<AdaptivePermit> tryAcquire() {
    var permit = take();
    if (permit == null) {
      counters.refused.increment();
    }
    return Optional.ofNullable(permit);
  }

  /**
   * Takes a permit at {@link Priority#NORMAL}.
   *
   * @see #acquire(Priority)
   */
  public AdaptivePermit acquire() {
    return acquire(Priority.NORMAL);
  }

  /**
   * Takes a permit. If no slot is free, waits for one, at most {@code maxWait} and in an overload
   * {@code maxWaitInOverload}.
   *
   * @throws ConcurrencyLimitedException if there was none, or too many wait
   * @throws CancellationException if the thread was interrupted, its flag is set again; or if the
   *     limit is closed meanwhile
   * @throws IllegalStateException if the limit is closed
   */
  public AdaptivePermit acquire(Priority priority) {
    Checks.notNull(priority, "priority");
    var permit = take();
    if (permit != null) {
      return permit;
    }
    var waiter = join(priority);
    try {
      return waiter.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      leave(waiter);
      throw new CancellationException(name + ": interrupted while waiting for a slot");
    } catch (CancellationException e) { // of newer JDKs, with a message of their own
      throw closedMeanwhile();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof ConcurrencyLimitedException refused) {
        throw refused;
      }
      throw new IllegalStateException(name + ": waiting failed", e.getCause());
    }
  }

  /**
   * Takes a permit as {@link #acquire(Priority)} does, without blocking. The future completes on
   * the executor if the call had to wait. To cancel it, or to let it time out, leaves the line.
   */
  public CompletableFuture<AdaptivePermit> acquireAsync(Priority priority) {
    Checks.notNull(priority, "priority");
    var permit = take();
    if (permit != null) {
      return CompletableFuture.completedFuture(permit);
    }
    var waiter = join(priority);
    var result = new CompletableFuture<AdaptivePermit>();
    handover.follow(waiter, result, AdaptivePermit::close);
    result.whenComplete((got, failure) -> {
      if (failure != null || !waiter.isDone()) { // the caller may complete it with a value, too
        leave(waiter);
      }
    });
    return result;
  }

  /** Returns the numbers now. */
  public AdaptiveSnapshot snapshot() {
    return new AdaptiveSnapshot(
        counters.successes.sum(),
        counters.overloads.sum(),
        counters.others.sum(),
        counters.refused.sum(),
        counters.waitedTooLong.sum(),
        regulator.limit(),
        slots.usage(),
        room.size());
  }

  /**
   * Ends the limit: calls that wait are cancelled, those under way go on. Does nothing the second
   * time.
   */
  @Override
  public void close() {
    if (closed.getAndSet(true)) {
      return;
    }
    regulator.close();
    room.close().forEach(waiter -> waiter.completeExceptionally(closedMeanwhile()));
    telemetry.close();
    handover.close();
  }

  @Override
  public String toString() {
    return "AdaptiveLimit["
        + name
        + (closed.get() ? ", closed" : "")
        + ", limit="
        + regulator.limit()
        + ", usage="
        + slots.usage()
        + ", waiting="
        + room.size()
        + "]";
  }

  void succeeded() {
    counters.usages.add(slots.release());
    counters.successes.increment();
    serveWaiting();
  }

  void overloaded() {
    slots.release();
    counters.overloads.increment();
    serveWaiting();
  }

  void ended() {
    slots.release();
    counters.others.increment();
    serveWaiting();
  }

  private void serveWaiting() {
    if (room.size() > 0) {
      serve();
    }
  }

  private @Nullable AdaptivePermit take() {
    if (closed.get()) {
      throw new IllegalStateException(name + ": the limit is closed");
    }
    if (room.size() == 0 && slots.tryTake()) {
      return new AdaptivePermit(this);
    }
    counters.blocked.increment();
    return null;
  }

  private Waiter join(Priority priority) {
    var waiter = new Waiter(priority);
    if (!isWaitingAllowed) {
      refuse(waiter, "and no call may wait");
      return waiter;
    }
    var removed = room.add(waiter);
    if (removed != null) {
      refuse(removed, "and too many wait");
    }
    serve(); // a slot that came free before this one was there
    return waiter;
  }

  private void refuse(Waiter waiter, String reason) {
    if (closed.get()) {
      waiter.completeExceptionally(closedMeanwhile());
    } else if (waiter.completeExceptionally(refused(reason))) {
      counters.refused.increment();
    }
  }

  private void leave(Waiter waiter) {
    if (waiter.cancel(/* mayInterruptIfRunning= */ false)) {
      room.remove(waiter);
    } else if (!waiter.isCompletedExceptionally()) {
      waiter.join().close(); // it was served meanwhile
    }
  }

  /** Gives free slots to those who wait. */
  private void serve() {
    for (var next = room.next(slots); next != null; next = room.next(slots)) {
      if (!next.complete(new AdaptivePermit(this))) {
        slots.release(); // it has left
      }
    }
  }

  private void waitedTooLong(Waiter waiter) {
    if (waiter.completeExceptionally(refused("and it had waited too long"))) {
      counters.waitedTooLong.increment();
    }
  }

  private ConcurrencyLimitedException refused(String reason) {
    return new ConcurrencyLimitedException(name, slots.limit(), reason);
  }

  private CancellationException closedMeanwhile() {
    return new CancellationException(name + ": the limit was closed");
  }
}
