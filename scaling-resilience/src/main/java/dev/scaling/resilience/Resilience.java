package dev.scaling.resilience;

import dev.scaling.core.Time;
import dev.scaling.core.internal.Checks;
import dev.scaling.core.internal.Handover;
import dev.scaling.core.telemetry.Telemetry;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
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
  final RandomGenerator random;
  final Handover handover;
  final CallCounters counters = new CallCounters();
  private final Telemetry telemetry;
  private volatile boolean closed;

  Resilience(ResilienceBuilder builder) {
    name = builder.name;
    time = builder.time;
    deadline = builder.deadline;
    retry = builder.retry;
    random = builder.random;
    handover = new Handover(name, builder.executor);
    telemetry = new Telemetry(builder.openTelemetry, "scaling-resilience", name);
    counters.register(telemetry);
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
   * Makes a call on this thread, and waits on it between attempts. An attempt is not interrupted at
   * the deadline: give what waits in it a limit of its own, see {@link Attempt#remaining}. No
   * attempt begins after it.
   *
   * @throws CancellationException if the thread was interrupted between two attempts; its flag is
   *     set again
   * @throws IllegalStateException if this pipeline is closed
   * @throws Exception what the last attempt throws
   */
  public <V extends @Nullable Object> V call(Callable<V> work) throws Exception {
    Checks.notNull(work, "work");
    long deadlineNanos = begin();
    V value;
    try {
      value = work.call();
    } catch (Throwable e) {
      return new SyncCall<V>(new CallState(this, deadlineNanos), same -> work.call()).after(e);
    }
    end();
    return value;
  }

  /**
   * Makes a call as {@link #call(Callable)} does, of work that wants to know which attempt it is.
   */
  public <V extends @Nullable Object> V call(Work<V> work) throws Exception {
    Checks.notNull(work, "work");
    return new SyncCall<V>(new CallState(this, begin()), work).first();
  }

  /**
   * Makes a call without blocking, and holds no thread while it waits. To cancel the future cancels
   * the attempt that is under way, and no other begins. It completes on the thread that completes
   * the attempt; at the deadline, on the executor, with a {@link DeadlineExceededException}.
   *
   * @throws IllegalStateException if this pipeline is closed
   */
  public <V extends @Nullable Object> CompletableFuture<V> callAsync(AsyncWork<V> work) {
    Checks.notNull(work, "work");
    return new AsyncCall<V>(this, new CallState(this, begin()), work).start();
  }

  /**
   * Returns how many attempts a call makes on average at most, if attempts fail independently; see
   * {@link RetryBudget#amplificationBound}.
   */
  public double amplificationBound() {
    return retry == null
        ? 1
        : retry.budget().amplificationBound(retry.attempts(), RetryBudget.TRANSIENT);
  }

  /** Returns in words what becomes of a call, from the outside in. */
  public String explain() {
    var text = new StringBuilder(name).append(": deadline ").append(deadline);
    if (retry != null) {
      text.append(" > retry, at most ")
          .append(retry.attempts())
          .append(" attempts, paid by ")
          .append(retry.budget().name());
    }
    return text.append(" > call").toString();
  }

  /** Returns the numbers of this pipeline. */
  public Snapshot snapshot() {
    return counters.snapshot();
  }

  /** Refuses new calls, and unregisters the meters; calls under way go on. */
  @Override
  public void close() {
    closed = true;
    telemetry.close();
    handover.close();
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
    if (retry != null) {
      retry.budget().begin();
    }
    return time.nanoTime() + deadline.toNanos();
  }

  private void end() {
    counters.successes.increment();
    if (retry != null) {
      retry.budget().end(/* isFirstSuccess= */ true);
    }
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

  /**
   * The numbers of a pipeline.
   *
   * @param calls that began
   * @param successes calls that succeeded, by whichever attempt
   * @param retries attempts but the first of each call
   * @param refusedByBudget retries that there was no token for
   * @param refusedByDeadline retries that there was no time for
   * @param deadlines calls that were ended by their deadline
   */
  public record Snapshot(
      long calls,
      long successes,
      long retries,
      long refusedByBudget,
      long refusedByDeadline,
      long deadlines) {}
}
