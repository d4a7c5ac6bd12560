package dev.scaling.resilience;

import dev.scaling.core.Time;
import dev.scaling.core.internal.Checks;
import dev.scaling.core.internal.Handover;
import dev.scaling.core.telemetry.Telemetry;
import dev.scaling.resilience.context.CallContext;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The way to one dependency: each call has a deadline, and is retried if it may be, if its failure
 * may go away, if there is time, and if the {@link RetryBudget} pays for it.
 *
 * <p>What a caller hears of in the end is the last attempt's own failure, with that of the attempt
 * before as a suppressed exception.
 *
 * <p>Instances are immutable but for their counters, and safe for use by many threads. A call that
 * succeeds at once takes no lock, and allocates nothing.
 */
public final class Resilience implements AutoCloseable {

  final String name;
  final Time time;
  final Duration deadline;
  final @Nullable RetryRule retry;
  final @Nullable HedgeRule hedge;
  final Predicate<Throwable> mayGoAway;
  private final @Nullable RetryBudget budget;
  private final @Nullable LatencyWindow latencies;
  final ThrottleGate throttle;
  final RandomGenerator random;
  final @Nullable Duration attemptTimeout;
  final Handover handover;
  final CallCounters counters = new CallCounters();
  final PipelineLog log;
  final CallEvents events;
  final Gate gate;
  private final FallbackRule fallbacks;
  private final Telemetry telemetry;
  private volatile boolean closed;

  Resilience(ResilienceBuilder builder) {
    name = builder.name;
    time = builder.time;
    deadline = builder.deadline;
    retry = builder.retry;
    hedge = builder.hedge(time.nanoTime());
    budget = builder.budget();
    latencies = budget == null ? null : builder.latencies(time.nanoTime());
    mayGoAway = retry == null ? RetryBuilder::mayGoAway : retry.retryable();
    throttle =
        new ThrottleGate(name, builder.throttle(time.nanoTime()), builder.throttleFor, counters);
    random = builder.random;
    attemptTimeout = builder.attemptTimeout;
    fallbacks = new FallbackRule(builder.fallbackFor, counters.fallbacks);
    handover = new Handover(name, builder.executor);
    log = new PipelineLog(name, time, handover);
    gate = new Gate(name, builder.breaker(log), builder.slots(), counters, log);
    telemetry = new Telemetry(builder.openTelemetry, "scaling-resilience", name);
    events = new CallEvents(telemetry, log, builder.areDurationsWanted);
    PipelineMeters.register(telemetry, this);
  }

  /**
   * Begins to set a pipeline up.
   *
   * @param name for meters and messages: 1 to 64 letters, digits, dots, dashes and underscores
   */
  public static ResilienceBuilder builder(String name) {
    return new ResilienceBuilder(name);
  }

  /**
   * Makes a call on this thread, and waits on it between attempts. At the deadline an attempt is
   * interrupted only if there is an {@linkplain ResilienceBuilder#attemptTimeout attempt timeout}:
   * without one, give what waits in it a limit of its own, see {@link Attempt#remaining}. No
   * attempt begins after it.
   *
   * @throws CallRejectedException if the first attempt must not be made
   * @throws Attempt.TimedOutException if the last attempt was interrupted at its timeout
   * @throws DeadlineExceededException if it was interrupted at the deadline
   * @throws CancellationException if the thread was interrupted between two attempts, or with
   *     hedges during one; its flag is set again
   * @throws IllegalStateException if this pipeline is closed
   * @throws Exception what the last attempt throws
   */
  public <V extends @Nullable Object> V call(Callable<V> work) throws Exception {
    Checks.notNull(work, "work");
    if (attemptTimeout != null || hedge != null || gate.isForeign()) {
      return call(same -> work.call());
    }
    long began = begin();
    Permit permit;
    try {
      throttle.enter(began);
      permit = gate.enter(began);
    } catch (Throwable e) {
      throw slowly(began, work).refused(e);
    }
    V value;
    try {
      value = work.call();
    } catch (Throwable e) {
      gate.failed(permit, began, e);
      return slowly(began, work).after(e);
    }
    gate.succeeded(permit, began);
    record(began);
    counters.successes.increment();
    ended(Ending.FIRST_SUCCESS, began, /* failure= */ null);
    return value;
  }

  /**
   * Makes a call as {@link #call(Callable)} does, of work that wants to know which attempt it is.
   */
  public <V extends @Nullable Object> V call(Work<V> work) throws Exception {
    return call(CallContext.none(), work);
  }

  /**
   * Makes a call as {@link #call(Work)} does, for a caller who has said how long it waits and
   * whether it wants retries: the deadline is the sooner of both.
   *
   * @throws DeadlineExceededException also if the caller's deadline is over already
   */
  public <V extends @Nullable Object> V call(CallContext context, Work<V> work) throws Exception {
    Checks.notNull(context, "context");
    Checks.notNull(work, "work");
    long began = begin();
    if (hedge != null) {
      return Running.await(
          name,
          new AsyncCall<V>(
                  this,
                  context,
                  began,
                  attempt -> Running.start(this, work, attempt),
                  /* isPrivate= */ true)
              .start(began));
    }
    return new SyncCall<V>(this, new CallState(this, context, Runnable::run, began), work)
        .first(began);
  }

  /**
   * Makes a call as {@link #call(Work)} does, with something else to return if it fails and the
   * failure is one of those {@linkplain ResilienceBuilder#fallbackFor chosen}.
   *
   * @throws Exception the failure of the call, with that of the fallback as suppressed
   */
  public <V extends @Nullable Object> V call(Work<V> work, Fallback<V> fallback) throws Exception {
    return call(CallContext.none(), work, fallback);
  }

  /** Makes a call with both, as {@link #call(CallContext, Work)} and with a fallback. */
  public <V extends @Nullable Object> V call(
      CallContext context, Work<V> work, Fallback<V> fallback) throws Exception {
    Checks.notNull(fallback, "fallback");
    try {
      return call(context, work);
    } catch (Throwable e) {
      return fallbacks.after(e, fallback);
    }
  }

  /**
   * Makes a call without blocking, and holds no thread while it waits. To cancel the future cancels
   * the attempt that is under way, and no other begins. It completes on the thread that completes
   * the attempt; at the deadline, on the executor, with a {@link DeadlineExceededException}.
   *
   * @throws IllegalStateException if this pipeline is closed
   */
  public <V extends @Nullable Object> CompletableFuture<V> callAsync(AsyncWork<V> work) {
    return callAsync(CallContext.none(), work);
  }

  /**
   * Makes a call as {@link #callAsync(AsyncWork)} does, for a caller who has said how long it waits
   * and whether it wants retries, as {@link #call(CallContext, Work)} does.
   */
  public <V extends @Nullable Object> CompletableFuture<V> callAsync(
      CallContext context, AsyncWork<V> work) {
    Checks.notNull(context, "context");
    Checks.notNull(work, "work");
    long began = begin();
    return new AsyncCall<V>(this, context, began, work, /* isPrivate= */ false).start(began);
  }

  /**
   * Makes a call as {@link #callAsync(AsyncWork)} does, with something else to return as in
   * {@link #call(Work, Fallback)}; the fallback runs where the failure comes from, and must not
   * block.
   */
  public <V extends @Nullable Object> CompletableFuture<V> callAsync(
      AsyncWork<V> work, Fallback<V> fallback) {
    return callAsync(CallContext.none(), work, fallback);
  }

  /** Makes a call with both, as {@link #callAsync(CallContext, AsyncWork)} and with a fallback. */
  public <V extends @Nullable Object> CompletableFuture<V> callAsync(
      CallContext context, AsyncWork<V> work, Fallback<V> fallback) {
    Checks.notNull(fallback, "fallback");
    var call = callAsync(context, work);
    var result = new CompletableFuture<V>();
    call.whenComplete((value, failure) -> {
      if (failure == null) {
        result.complete(value);
        return;
      }
      try {
        result.complete(fallbacks.after(failure, fallback));
      } catch (Throwable e) {
        result.completeExceptionally(e);
      }
    });
    result.whenComplete((value, failure) -> call.cancel(/* mayInterruptIfRunning= */ true));
    return result;
  }

  /**
   * Returns how many attempts a call makes on average at most, if attempts fail independently; see
   * {@link RetryBudget#amplificationBound}. Hedges add their share of the calls.
   */
  public double amplificationBound() {
    return (retry == null
            ? 1
            : retry.budget().amplificationBound(retry.attempts(), RetryBudget.TRANSIENT))
        + (hedge == null ? 0 : hedge.maximumExtraLoad());
  }

  /** Returns in words what becomes of a call, from the outside in. */
  public String explain() {
    return Stages.explain(this);
  }

  /**
   * Changes how many attempts may be under way at a time. It never blocks: if more are, those end
   * as they would have, and none begins until there is room.
   *
   * @param limit from 1 to 1,000,000
   * @throws IllegalStateException if there is no bulkhead of a
   *     {@linkplain ResilienceBuilder#bulkhead(int) number}
   */
  public void resizeBulkhead(int limit) {
    Checks.range("limit", limit, 1, ResilienceBuilder.MOST_SLOTS);
    if (gate.slots instanceof Slots.Resizable slots) {
      slots.resize(limit);
    } else {
      throw new IllegalStateException(name + ": there is no bulkhead that can be resized");
    }
  }

  /** Returns the numbers of this pipeline. */
  public Snapshot snapshot() {
    return counters.snapshot(gate);
  }

  /** Refuses new calls, and unregisters the meters; calls under way go on. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    telemetry.close();
    if (handover.isOwner()) { // threads of ours are needed until the last of these calls is over
      time.schedule(handover::close, deadline);
    }
  }

  @Override
  public String toString() {
    return "Resilience[" + explain() + (closed ? ", closed]" : "]");
  }

  private long begin() {
    if (closed) {
      throw new IllegalStateException(name + ": the pipeline is closed");
    }
    counters.calls.increment();
    if (budget != null) {
      budget.begin();
    }
    return time.nanoTime();
  }

  /** A call that began has ended, whatever became of it. */
  void ended(Ending ending, long beganNanos, @Nullable Throwable failure) {
    if (budget != null) {
      budget.end(ending == Ending.FIRST_SUCCESS);
    }
    if (events.areDurationsWanted()) {
      events.ended(ending, time.nanoTime() - beganNanos);
    }
    throttle.leave(ending, beganNanos, failure);
  }

  /** A first attempt has succeeded. */
  void record(long beganNanos) {
    if (latencies != null && (hedge != null || !latencies.isSpared(beganNanos))) {
      long now = time.nanoTime();
      latencies.record(now - beganNanos, now);
    }
  }

  /** A first attempt was cancelled, since its hedge was faster. */
  void recordCensored(long beganNanos) {
    if (latencies != null) {
      long now = time.nanoTime();
      latencies.recordCensored(now - beganNanos, now);
    }
  }

  LatencyReading latencies(long nowNanos) {
    return latencies == null
        ? LatencyReading.unknown(/* samples= */ 0, nowNanos)
        : latencies.reading(nowNanos);
  }

  /** Returns whether the callee has enough to do, so that it must not get work twice. */
  boolean isSaturated() {
    return gate.isSaturated() || throttle.isThrottling();
  }

  private <V extends @Nullable Object> SyncCall<V> slowly(long beganNanos, Callable<V> work) {
    return new SyncCall<V>(
        this,
        new CallState(this, CallContext.none(), Runnable::run, beganNanos),
        same -> work.call());
  }

  /** What is called. */
  @FunctionalInterface
  public interface Work<V extends @Nullable Object> {

    /** Makes one attempt. */
    V run(Attempt attempt) throws Exception;
  }

  /** What is called without blocking. */
  @FunctionalInterface
  public interface AsyncWork<V extends @Nullable Object> {

    /** Begins one attempt. What it throws is a failure like that of the stage. */
    CompletionStage<V> run(Attempt attempt) throws Exception;
  }

  /** What is returned instead of what a call that failed would have. */
  @FunctionalInterface
  public interface Fallback<V extends @Nullable Object> {

    /** Returns that. What it throws is hung on the failure, which the caller hears of then. */
    V instead(Throwable failure) throws Exception;
  }

  /**
   * The numbers of a pipeline.
   *
   * @param calls that began
   * @param successes calls that succeeded, by whichever attempt
   * @param retries attempts that were made after another had failed
   * @param hedges attempts that raced a first one
   * @param timeouts attempts that were given up at their timeout
   * @param deadlines calls that were ended by their deadline
   * @param fallbacks calls that failed, and returned what their fallback gave
   * @param refusedByBudget retries that there was no token for
   * @param refusedByDeadline retries that there was no time for
   * @param rejected attempts that the throttle, the breaker or the bulkhead did not let through,
   *     hedges too
   * @param breaker the state of the circuit, {@code null} if there is no breaker
   * @param bulkheadUsage attempts that are under way, if there is a bulkhead, or else zero
   */
  public record Snapshot(
      long calls,
      long successes,
      long retries,
      long hedges,
      long timeouts,
      long deadlines,
      long fallbacks,
      long refusedByBudget,
      long refusedByDeadline,
      long rejected,
      CircuitBreaker.@Nullable State breaker,
      int bulkheadUsage) {}
}
