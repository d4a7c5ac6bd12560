package dev.scaling.concurrency.queue;

import dev.scaling.core.Time;
import dev.scaling.core.internal.Checks;
import io.opentelemetry.api.OpenTelemetry;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Configures a {@link BoundedQueue}. Not safe for use by many threads. */
public final class BoundedQueueBuilder<T> {

  private static final Duration SHORTEST_AGE = Duration.ofMillis(1);
  private static final Duration LONGEST_AGE = Duration.ofDays(365);

  final String name;
  final StageHandler<T> handler;
  int capacity = 1_000;
  int concurrency = 1;

  @Nullable
  Duration maxAge;

  WhenFull whenFull = WhenFull.WAIT;

  @Nullable
  Consumer<? super DeadLetter<T>> deadLetter;

  @Nullable
  Executor executor;

  Time time = Time.system();

  @Nullable
  OpenTelemetry openTelemetry;

  @Nullable
  Slots slots;

  BoundedQueueBuilder(String name, StageHandler<T> handler) {
    this.name = Checks.name("name", name);
    this.handler = handler;
  }

  /**
   * Sets how many items may wait for their turn, besides those that are being handled, from 1 to
   * 1,000,000. The default is 1,000.
   */
  public BoundedQueueBuilder<T> capacity(int capacity) {
    this.capacity = (int) Checks.range("capacity", capacity, 1, 1_000_000);
    return this;
  }

  /**
   * Sets how many items are handled at a time, from 1 to 10,000. The default is 1: then an item is
   * begun when the one before it has ended.
   */
  public BoundedQueueBuilder<T> concurrency(int concurrency) {
    this.concurrency = (int) Checks.range("concurrency", concurrency, 1, 10_000);
    return this;
  }

  /**
   * Sets how long an item may have waited since it was accepted, from 1 millisecond to 365 days.
   * One that has is given up before it is handled. The default is for ever.
   */
  public BoundedQueueBuilder<T> maxAge(Duration maxAge) {
    this.maxAge = Checks.duration("maxAge", maxAge, SHORTEST_AGE, LONGEST_AGE);
    return this;
  }

  /** Sets what becomes of a put into a full queue. The default is {@link WhenFull#WAIT}. */
  public BoundedQueueBuilder<T> whenFull(WhenFull whenFull) {
    this.whenFull = Checks.notNull(whenFull, "whenFull");
    return this;
  }

  /**
   * Sets what hears of each item that was accepted and given up. The default is nothing: then they
   * are counted, and the log says once a minute for what reason there were some.
   *
   * @param hook gets one letter at a time, in the order in which they were given up, on the
   *     executor; may block. What it throws is logged and counted, and the letter is not given
   *     again. While as many letters wait for it as {@code capacity} says, the queue accepts
   *     nothing
   */
  public BoundedQueueBuilder<T> deadLetter(Consumer<? super DeadLetter<T>> hook) {
    deadLetter = Checks.notNull(hook, "deadLetter");
    return this;
  }

  /**
   * Sets where items are handled, where the dead-letter hook runs and where futures complete. The
   * default is a virtual thread each, or before JDK 21 a daemon thread of a pool.
   *
   * <p>It must run what it takes, or throw: an item that it drops in silence is lost, and so is its
   * slot.
   */
  public BoundedQueueBuilder<T> executor(Executor executor) {
    this.executor = Checks.notNull(executor, "executor");
    return this;
  }

  /** Sets the source of time. The default is {@link Time#system()}. */
  public BoundedQueueBuilder<T> time(Time time) {
    this.time = Checks.notNull(time, "time");
    return this;
  }

  /** Sets where metrics go. The default is the global instance, or nothing if there is none. */
  public BoundedQueueBuilder<T> openTelemetry(OpenTelemetry openTelemetry) {
    this.openTelemetry = Checks.notNull(openTelemetry, "openTelemetry");
    return this;
  }

  /** Returns the queue. */
  public BoundedQueue<T> build() {
    return new BoundedQueue<>(this);
  }

  /** Sets where slots come from, instead of {@code concurrency}. */
  BoundedQueueBuilder<T> slots(Slots slots) {
    this.slots = slots;
    return this;
  }

  /** What becomes of a put into a full queue. */
  public enum WhenFull {
    /** It waits for room as long as its verb says; {@code tryPut} not at all. */
    WAIT,

    /**
     * It takes the room of the item that has waited longest, which becomes a dead letter. It waits
     * only while the dead-letter hook has as many letters before it as the queue may hold items.
     */
    DROP_OLDEST
  }
}
