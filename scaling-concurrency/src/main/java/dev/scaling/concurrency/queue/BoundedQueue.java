package dev.scaling.concurrency.queue;

import dev.scaling.core.Time;
import dev.scaling.core.internal.Checks;
import dev.scaling.core.internal.Threads;
import dev.scaling.core.telemetry.Telemetry;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Hands work over to be done later in this process, and makes who brings it wait while there is too
 * much of it.
 *
 * <p>What it promises:
 *
 * <ul>
 *   <li><b>One end.</b> Every item that was accepted is handled, or becomes one
 *       {@linkplain DeadLetter dead letter}: never both, never neither, while the process lives. A
 *       put that throws or says {@code false}, and one whose future fails, has not been accepted.
 *   <li><b>Bounds.</b> At most {@code capacity} items wait, at most {@code concurrency} are
 *       handled, and the hook's backlog is bounded too.
 *   <li><b>In order.</b> Puts that wait are accepted in the order of their coming, and items are
 *       begun in the order of their acceptance.
 *   <li><b>Nothing stale.</b> No handler is called with an item older than {@code maxAge}, and such
 *       an item holds neither room nor slot.
 * </ul>
 *
 * <p>It is no broker: nothing is written down, so what waits is lost with the process.
 *
 * <p>Instances are safe for use by many threads. Blocking methods may be called on virtual threads;
 * asynchronous ones hold no thread while they wait.
 */
public final class BoundedQueue<T> implements AutoCloseable {

  private static final Duration SHORTEST = Duration.ofNanos(1);
  private static final Duration LONGEST_WAIT = Duration.ofDays(1);

  private final String name;
  private final int capacity;
  private final Time time;
  private final Work<T> work;
  private final Telemetry telemetry;

  BoundedQueue(BoundedQueueBuilder<T> builder) {
    name = builder.name;
    capacity = builder.capacity;
    time = builder.time;
    if (builder.executor == null) {
      ExecutorService owned = Threads.create(name);
      work = new Work<>(builder, owned);
      work.finished().thenRun(owned::shutdown);
    } else {
      work = new Work<>(builder, builder.executor);
    }
    telemetry = QueueMeters.register(builder.openTelemetry, name, capacity, this::snapshot);
  }

  /**
   * Returns a builder that holds the defaults.
   *
   * @param name names the queue in telemetry and messages: 1 to 64 letters, digits, dots, dashes
   *     and underscores
   * @param handler handles one item; may block
   * @throws IllegalArgumentException if the name is not of that form
   */
  public static <T> BoundedQueueBuilder<T> builder(String name, Handler<? super T> handler) {
    return new BoundedQueueBuilder<>(name, StageHandler.ofBlocking(handler));
  }

  /**
   * Returns a builder as {@link #builder} does, for a handler that holds no thread while it works.
   *
   * @param handler begins to handle one item, on the executor; the item holds its slot until the
   *     stage is done, and is a dead letter if that fails
   */
  public static <T> BoundedQueueBuilder<T> builderOfStages(
      String name, Function<? super T, ? extends CompletionStage<?>> handler) {
    return new BoundedQueueBuilder<>(name, StageHandler.ofStages(handler));
  }

  /**
   * Puts an item into the queue if there is room now and nobody waits for it. Never blocks.
   *
   * @return whether the item was accepted
   * @throws IllegalStateException if the queue is closed
   */
  public boolean tryPut(T item) {
    return work.offer(notNull(item), /* producer= */ null);
  }

  /**
   * Puts an item into the queue, and blocks until there is room, however long that takes.
   *
   * @throws CancellationException if the thread was interrupted before that, its flag is set again;
   *     or if the queue is closed meanwhile
   * @throws IllegalStateException if the queue is closed, or it is full and this thread is inside
   *     its handler or dead-letter hook, which would wait for itself
   */
  public void put(T item) {
    var producer = new Producer<>(work, notNull(item), /* isBlocking= */ true, /* maxWait= */ null);
    if (!work.offer(item, producer)) {
      producer.await();
    }
  }

  /**
   * Puts an item into the queue, and blocks until there is room.
   *
   * @param maxWait how long to wait at most, from zero to 1 day
   * @throws QueueFullException if there was none by then
   * @throws CancellationException if the thread was interrupted before that, its flag is set again;
   *     or if the queue is closed meanwhile
   * @throws IllegalStateException if the queue is closed
   */
  public void put(T item, Duration maxWait) {
    checkWait(maxWait);
    if (maxWait.isZero()) {
      if (!tryPut(item)) {
        throw new QueueFullException(name, capacity, maxWait);
      }
      return;
    }
    var producer = new Producer<>(work, notNull(item), /* isBlocking= */ true, maxWait);
    if (!work.offer(item, producer)) {
      producer.startTimer(time);
      producer.await();
    }
  }

  /**
   * Puts an item into the queue without blocking.
   *
   * @return a future that completes when the item was accepted, on the executor if it had to wait.
   *     To cancel it, or to let it time out, leaves the line; that has no effect, and
   *     {@code cancel} says {@code false}, once the item was accepted
   * @throws IllegalStateException if the queue is closed
   */
  public CompletableFuture<@Nullable Void> putAsync(T item) {
    var producer =
        new Producer<>(work, notNull(item), /* isBlocking= */ false, /* maxWait= */ null);
    return work.offer(item, producer) ? CompletableFuture.completedFuture(null) : producer;
  }

  /**
   * Puts an item into the queue as {@link #putAsync(Object)} does. The future fails with a
   * {@link QueueFullException} if there was no room in time.
   *
   * @param maxWait how long to wait at most, from zero to 1 day
   */
  public CompletableFuture<@Nullable Void> putAsync(T item, Duration maxWait) {
    checkWait(maxWait);
    if (maxWait.isZero()) {
      return tryPut(item)
          ? CompletableFuture.completedFuture(null)
          : CompletableFuture.failedFuture(new QueueFullException(name, capacity, maxWait));
    }
    var producer = new Producer<>(work, notNull(item), /* isBlocking= */ false, maxWait);
    if (work.offer(item, producer)) {
      return CompletableFuture.completedFuture(null);
    }
    producer.startTimer(time);
    return producer;
  }

  /** Returns the numbers of this moment, which add up. */
  public QueueSnapshot snapshot() {
    return work.snapshot();
  }

  /**
   * Closes the queue without waiting. Later puts are refused, those that wait are cancelled, items
   * that wait become dead letters; those under way go on, and the hook still gets all letters. The
   * threads that the queue started end after that. Does nothing the second time.
   */
  @Override
  public void close() {
    work.close();
    telemetry.close();
  }

  /**
   * Closes the queue after what waits was handled. Puts are refused from the beginning, as
   * {@link #close()} does; then this blocks until all that was accepted has ended and the hook has
   * returned, or the timeout has passed. What waits by then is given up as by {@link #close()}.
   *
   * @param timeout from 1 nanosecond to 1 day
   * @return whether all had ended by then
   * @throws CancellationException if the thread was interrupted; its flag is set again, and the
   *     queue is closed
   * @throws IllegalStateException if this thread is inside the handler or the dead-letter hook,
   *     which would wait for itself; then the queue stays open
   */
  public boolean close(Duration timeout) {
    Checks.duration("timeout", timeout, SHORTEST, LONGEST_WAIT);
    if (work.isInside()) {
      throw new IllegalStateException(
          name + ": the queue's own handler or hook would wait for its own end");
    }
    work.drain();
    var hasEnded = new CompletableFuture<Boolean>();
    work.finished().thenRun(() -> hasEnded.complete(true));
    var timer = time.schedule(() -> hasEnded.complete(false), timeout);
    try {
      return hasEnded.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancellationException(name + ": interrupted while closing");
    } catch (ExecutionException e) {
      throw new IllegalStateException(name + ": closing failed", e.getCause());
    } finally {
      timer.cancel();
      close();
    }
  }

  @Override
  public String toString() {
    var now = snapshot();
    var phase = work.phase();
    return "BoundedQueue["
        + name
        + (phase == Work.Phase.OPEN ? "" : ", " + phase.name().toLowerCase(Locale.ROOT))
        + ", waiting="
        + now.waiting()
        + ", running="
        + now.running()
        + ", producers="
        + now.producers()
        + "]";
  }

  /** Starts what can start, for slots that came free otherwise than by an item's end. */
  void lookAgain() {
    work.lookAgain();
  }

  private T notNull(@Nullable T item) {
    if (item == null) {
      throw new NullPointerException(name + ": item must not be null");
    }
    return item;
  }

  private static void checkWait(Duration maxWait) {
    Checks.duration("maxWait", maxWait, Duration.ZERO, LONGEST_WAIT);
  }
}
