package dev.scaling.concurrency.collapse;

import dev.scaling.concurrency.collapse.CollapsedFlight.StageCall;
import dev.scaling.concurrency.collapse.CollapserBuilder.WhenExecutionFails;
import dev.scaling.concurrency.internal.Flights;
import dev.scaling.core.telemetry.Telemetry;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Lets concurrent callers of one key share one execution: the first, the leader, starts it, and
 * those who come while it is under way, the followers, wait for its result. Elsewhere this is
 * called single-flight.
 *
 * <p>What it promises:
 *
 * <ul>
 *   <li><b>One execution</b> of a key at a time, unless {@link #forget} asks for another.
 *   <li><b>No caller disturbs another.</b> Each has its own timeout, cancellation and exception.
 *       The execution belongs to none of them: it ends early, by an interrupt, only when the last
 *       of its callers has left.
 *   <li><b>Nobody joins what is over.</b> An execution is removed before it completes, and before
 *       it is cancelled.
 *   <li><b>Nothing is kept.</b> Who calls after the result is there starts anew.
 * </ul>
 *
 * <p>An execution that asks for its own key, on its own thread, gets an
 * {@link IllegalStateException}, since it would wait for itself. That is not noticed if it asks
 * from another thread, or through the execution of another key that in turn asks for this one: such
 * callers wait until their timeouts.
 *
 * <p>Instances are safe for use by many threads. Blocking methods may be called on virtual threads;
 * asynchronous ones hold no thread while they wait. A key's {@code equals} and {@code hashCode}
 * must be quick, and must not change.
 */
public final class Collapser<K, V> implements AutoCloseable {

  private final Common common;
  private final Flights<K, V, CollapsedFlight<K, V>> flights;
  private final Collapse<K, V> collapse;
  private final Collapse.Counters counters = new Collapse.Counters();
  private final boolean isRetrying;
  private final Telemetry telemetry;
  private volatile boolean closed;

  Collapser(CollapserBuilder<K, V> builder) {
    common = Common.of(builder.name, builder.executor, builder.time);
    flights = new Flights<>(builder.name
        + ": the execution of a key asked for the same key, and would wait for itself");
    collapse = new Collapse<>(common, flights, counters);
    isRetrying = builder.whenExecutionFails == WhenExecutionFails.RETRY_FOR_FOLLOWERS;
    telemetry = CollapseMeters.register(builder.openTelemetry, builder.name, this::snapshot);
  }

  /**
   * Returns a builder that holds the defaults.
   *
   * @param name names the collapser in telemetry and messages: 1 to 64 letters, digits, dots,
   *     dashes and underscores
   * @throws IllegalArgumentException if the name is not of that form
   */
  public static <K, V> CollapserBuilder<K, V> builder(String name) {
    return new CollapserBuilder<>(name);
  }

  /**
   * Returns the result of the execution under way for a key, or of a new one. Blocks until it ends,
   * however long that takes.
   *
   * @param execution runs on the executor if none is under way; may return {@code null}
   * @throws CallFailedException if the execution failed, with what it threw as the cause
   * @throws CancellationException if the thread was interrupted; its flag is set again
   * @throws IllegalStateException if the collapser is closed, or this thread is inside the
   *     execution of the same key
   */
  public @Nullable V run(K key, Callable<? extends @Nullable V> execution) {
    var work = work(key, execution);
    return isRetrying ? seated(key, work, null, true).await() : await(joined(key, work));
  }

  /**
   * Returns the result as {@link #run(Object, Callable)} does, and blocks no longer than a timeout.
   *
   * @param timeout from 1 nanosecond to 365 days; this caller's own
   * @throws CallTimedOutException if it has passed; the execution goes on if others wait for it
   */
  public @Nullable V run(K key, Duration timeout, Callable<? extends @Nullable V> execution) {
    var work = work(key, execution);
    return seated(key, work, Common.timeout(timeout), /* isBlocking= */ true).await();
  }

  /**
   * Returns the result as {@link #run(Object, Callable)} does, without blocking. The future is this
   * caller's own and completes on the executor. To cancel it, or to complete it, is to leave.
   *
   * @param execution starts on the executor if none is under way, and is over when its stage is; if
   *     all callers leave, the stage is cancelled
   * @throws IllegalStateException as {@link #run(Object, Callable)} does
   */
  public CompletableFuture<@Nullable V> runAsync(
      K key, Supplier<? extends CompletionStage<? extends @Nullable V>> execution) {
    return seated(key, staged(key, execution), /* timeout= */ null, /* isBlocking= */ false);
  }

  /**
   * Returns the result as {@link #runAsync(Object, Supplier)} does. The future fails with a
   * {@link CallTimedOutException} once this caller's timeout has passed.
   *
   * @param timeout from 1 nanosecond to 365 days
   */
  public CompletableFuture<@Nullable V> runAsync(
      K key,
      Duration timeout,
      Supplier<? extends CompletionStage<? extends @Nullable V>> execution) {
    var work = staged(key, execution);
    return seated(key, work, Common.timeout(timeout), /* isBlocking= */ false);
  }

  /**
   * Lets later callers of a key start anew: to be called after a write that an execution under way
   * may not have seen. Those who wait for that one still get its result.
   */
  public void forget(K key) {
    flights.forget(common.notNull(key, "key"));
  }

  /** Returns the numbers since the collapser was built. */
  public CollapserSnapshot snapshot() {
    return new CollapserSnapshot(
        counters.leaders.sum(),
        counters.followers.sum(),
        counters.retries.sum(),
        counters.abandoned.sum(),
        flights.size());
  }

  /**
   * Refuses later calls, and ends the threads that the collapser started once the executions under
   * way are over. Does nothing the second time.
   */
  @Override
  public void close() {
    closed = true;
    telemetry.close();
    common.close();
  }

  @Override
  public String toString() {
    return "Collapser["
        + common.name()
        + (closed ? ", closed" : "")
        + ", underWay="
        + flights.size()
        + "]";
  }

  /** Joins the callers of a key who wait for the result itself. */
  private CollapsedFlight<K, V> joined(K key, Callable<?> work) {
    var mine = new CollapsedFlight<>(collapse, key, work, /* isBlocking= */ true);
    while (true) {
      var flight = flights.start(mine);
      if (flight == mine) {
        counters.leaders.increment();
        mine.start();
        return mine;
      }
      if (flight.tryJoin()) {
        counters.followers.increment();
        return flight;
      }
      flights.remove(flight); // given up, and about to be removed
    }
  }

  private @Nullable V await(CollapsedFlight<K, V> flight) {
    try {
      return flight.get();
    } catch (InterruptedException e) {
      flight.left(null);
      throw Seat.interrupted(common.name());
    } catch (ExecutionException e) {
      throw CallFailedException.of(common.name(), e.getCause() == null ? e : e.getCause());
    } catch (CancellationException e) { // thrown by the execution: this caller has not left
      throw CallFailedException.of(common.name(), e);
    }
  }

  /** Joins the callers of a key with a seat of the caller's own. */
  private Seat<V> seated(K key, Callable<?> work, @Nullable Duration timeout, boolean isBlocking) {
    var seat = new Seat<V>(common, isBlocking, timeout);
    var mine = new CollapsedFlight<>(collapse, key, work, /* isBlocking= */ false);
    while (true) {
      var flight = flights.start(mine);
      if (flight == mine) {
        counters.leaders.increment();
        mine.lead(seat, isRetrying);
        mine.start();
        return seat;
      }
      if (flight.tryJoin(seat, work)) {
        flight.follow(seat);
        counters.followers.increment(); // who is counted has its timer running
        return seat;
      }
      flights.remove(flight); // given up, and about to be removed
    }
  }

  private Callable<?> staged(
      K key, Supplier<? extends CompletionStage<? extends @Nullable V>> execution) {
    return work(key, new StageCall(common.notNull(execution, "execution")));
  }

  private Callable<?> work(K key, @Nullable Callable<?> execution) {
    common.notNull(key, "key");
    var call = common.notNull(execution, "execution");
    if (closed) {
      throw new IllegalStateException(common.name() + ": the collapser is closed");
    }
    return call;
  }
}
