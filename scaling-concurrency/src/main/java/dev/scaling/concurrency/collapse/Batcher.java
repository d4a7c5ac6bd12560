package dev.scaling.concurrency.collapse;

import dev.scaling.core.telemetry.Telemetry;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Merges calls for single keys into bulk calls. A batch leaves as soon as fewer than
 * {@code parallelism} batches are under way; until then keys gather in it. So a lone call waits for
 * nobody, and the busier the source, the larger the batches.
 *
 * <p>What it promises:
 *
 * <ul>
 *   <li><b>A key once.</b> Calls for a key that waits already share its place in the batch.
 *   <li><b>No caller disturbs another.</b> Each has its own timeout, cancellation and exception,
 *       and continuations of asynchronous calls run apart. A key that all its callers have left is
 *       not loaded; a bulk call that all have left is interrupted, and gives its turn to the next.
 *   <li><b>An outcome a key.</b> What the function returns or leaves out is told to the callers of
 *       that key alone. With {@code isolateFailures} that holds for what it throws, too.
 * </ul>
 *
 * <p>Instances are safe for use by many threads. Blocking methods may be called on virtual threads;
 * asynchronous ones hold no thread while they wait. A key's {@code equals} and {@code hashCode}
 * must be quick, and must not change.
 */
public final class Batcher<K, V> implements AutoCloseable {

  private final Common common;
  private final BatchQueue<K, V> queue;
  private final Telemetry telemetry;
  private volatile boolean closed;

  Batcher(BatcherBuilder<K, V> builder) {
    common = Common.of(builder.name, builder.executor, builder.time);
    var counters = new BatchCounters();
    var loads = new BulkLoads<>(builder, counters);
    queue = new BatchQueue<>(common, builder, counters, loads::load);
    telemetry = CollapseMeters.registerBatcher(builder.openTelemetry, builder.name, this::snapshot);
  }

  /**
   * Returns a builder that holds the defaults.
   *
   * @param name names the batcher in telemetry and messages: 1 to 64 letters, digits, dots, dashes
   *     and underscores
   * @param function loads many keys at once
   * @throws IllegalArgumentException if the name is not of that form
   */
  public static <K, V> BatcherBuilder<K, V> builder(String name, BulkFunction<K, V> function) {
    return new BatcherBuilder<>(name, function, /* givesOutcomes= */ false);
  }

  /**
   * Returns a builder as {@link #builder} does, for a function that says of each key whether it
   * failed.
   */
  public static <K, V> BatcherBuilder<K, V> builderOfOutcomes(
      String name, BulkFunction<K, Outcome<V>> function) {
    return new BatcherBuilder<>(name, function, /* givesOutcomes= */ true);
  }

  /**
   * Returns the value of a key. Blocks until its batch is back, however long that takes. If nothing
   * is under way, and the batcher was not given an executor, the bulk function runs on this thread.
   *
   * @return {@code null} if the function returned nothing for the key, unless {@code whenMissing}
   *     says otherwise
   * @throws CallFailedException if the bulk call or the key failed, with the reason as the cause
   * @throws CancellationException if the thread was interrupted; its flag is set again
   * @throws IllegalStateException if the batcher is closed, or this thread is inside the bulk
   *     function, which would wait for itself
   */
  public @Nullable V load(K key) {
    var seat = checked(key, /* timeout= */ null, /* isBlocking= */ true);
    if (common.owned() == null) {
      queue.add(key, seat);
      return seat.await();
    }
    queue.addAndRun(key, seat);
    try {
      return seat.await();
    } catch (CallFailedException e) {
      if (e.getCause() instanceof InterruptedException && Thread.currentThread().isInterrupted()) {
        throw Seat.interrupted(common.name()); // it was this thread that ran it
      }
      throw e;
    }
  }

  /**
   * Returns the value of a key as {@link #load(Object)} does, and blocks no longer than a timeout.
   *
   * @param timeout from 1 nanosecond to 365 days; this caller's own
   * @throws CallTimedOutException if it has passed; the bulk call goes on if others wait for it
   */
  public @Nullable V load(K key, Duration timeout) {
    return seated(key, Common.timeout(timeout), /* isBlocking= */ true).await();
  }

  /**
   * Returns the value of a key as {@link #load(Object)} does, without blocking. The future is this
   * caller's own and completes on the executor. To cancel it, or to complete it, is to leave.
   *
   * @throws IllegalStateException if the batcher is closed
   */
  public CompletableFuture<@Nullable V> loadAsync(K key) {
    return seated(key, /* timeout= */ null, /* isBlocking= */ false);
  }

  /**
   * Returns the value of a key as {@link #loadAsync(Object)} does. The future fails with a
   * {@link CallTimedOutException} once this caller's timeout has passed.
   *
   * @param timeout from 1 nanosecond to 365 days
   */
  public CompletableFuture<@Nullable V> loadAsync(K key, Duration timeout) {
    return seated(key, Common.timeout(timeout), /* isBlocking= */ false);
  }

  /** Returns the numbers since the batcher was built. */
  public BatcherSnapshot snapshot() {
    return queue.snapshot();
  }

  /**
   * Refuses later calls, and ends the threads that the batcher started once the batches under way
   * are over. Does nothing the second time.
   */
  @Override
  public void close() {
    closed = true;
    telemetry.close();
    common.close();
  }

  @Override
  public String toString() {
    var now = snapshot();
    return "Batcher["
        + common.name()
        + (closed ? ", closed" : "")
        + ", pending="
        + now.pending()
        + ", underWay="
        + now.underWay()
        + "]";
  }

  private Seat<V> seated(K key, @Nullable Duration timeout, boolean isBlocking) {
    var seat = checked(key, timeout, isBlocking);
    queue.add(key, seat);
    return seat;
  }

  private Seat<V> checked(K key, @Nullable Duration timeout, boolean isBlocking) {
    common.notNull(key, "key");
    if (closed) {
      throw new IllegalStateException(common.name() + ": the batcher is closed");
    }
    if (isBlocking && queue.isExecutedByCaller()) {
      throw new IllegalStateException(common.name()
          + ": the bulk function asked its own batcher for a key, and would wait for itself");
    }
    return new Seat<V>(common, isBlocking, timeout);
  }
}
