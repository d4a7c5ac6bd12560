package dev.scaling.concurrency.collapse;

import dev.scaling.core.Time;
import dev.scaling.core.internal.Checks;
import io.opentelemetry.api.OpenTelemetry;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** Configures a {@link Collapser}. Not safe for use by many threads. */
public final class CollapserBuilder<K, V> {

  final String name;
  WhenExecutionFails whenExecutionFails = WhenExecutionFails.SHARE;

  @Nullable
  Executor executor;

  Time time = Time.system();

  @Nullable
  OpenTelemetry openTelemetry;

  CollapserBuilder(String name) {
    this.name = Checks.name("name", name);
  }

  /**
   * Sets what the followers get when the execution fails. The default is
   * {@link WhenExecutionFails#SHARE}.
   */
  public CollapserBuilder<K, V> whenExecutionFails(WhenExecutionFails whenExecutionFails) {
    this.whenExecutionFails = Checks.notNull(whenExecutionFails, "whenExecutionFails");
    return this;
  }

  /**
   * Sets where executions run and where asynchronous calls complete. The default is a virtual
   * thread each, or before JDK 21 a daemon thread of a pool.
   *
   * <p>With {@code Runnable::run} the leader executes on its own thread. That costs the least; but
   * a leader who blocks then returns only once its execution does, though its timeout interrupts
   * the execution if nobody follows.
   */
  public CollapserBuilder<K, V> executor(Executor executor) {
    this.executor = Checks.notNull(executor, "executor");
    return this;
  }

  /** Sets the source of time. The default is {@link Time#system()}. */
  public CollapserBuilder<K, V> time(Time time) {
    this.time = Checks.notNull(time, "time");
    return this;
  }

  /** Sets where metrics go. The default is the global instance, or nothing if there is none. */
  public CollapserBuilder<K, V> openTelemetry(OpenTelemetry openTelemetry) {
    this.openTelemetry = Checks.notNull(openTelemetry, "openTelemetry");
    return this;
  }

  /** Returns the collapser. */
  public Collapser<K, V> build() {
    return new Collapser<>(this);
  }

  /** What followers get when the execution fails. */
  public enum WhenExecutionFails {
    /** The failure, as the leader does. */
    SHARE,

    /**
     * One more execution, which one of them leads with what it wanted executed itself. The leader
     * gets its failure at once. If the second execution fails too, all who wait get that failure.
     */
    RETRY_FOR_FOLLOWERS
  }
}
