package dev.scaling.concurrency.adaptive;

import dev.scaling.core.Time;
import dev.scaling.core.internal.Checks;
import io.opentelemetry.api.OpenTelemetry;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Configures an {@link AdaptiveLimit}. Not safe for use by many threads. */
public final class AdaptiveLimitBuilder {

  private static final int MOST_CALLS = 100_000;
  private static final int MOST_WAITING = 10_000;
  private static final Duration LEAST_WAIT = Duration.ofMillis(1);
  private static final Duration MOST_WAIT = Duration.ofMinutes(1);

  final String name;
  int minimumLimit = 1;
  int initialLimit = 20;
  int maximumLimit = 500;
  int maximumWaiting = 100;
  Duration maxWait = Duration.ofMillis(100);
  Duration maxWaitInOverload = Duration.ofMillis(5);
  Predicate<Throwable> overloadedWhen = AdaptiveLimitBuilder::isTimeout;
  Time time = Time.system();

  @Nullable
  Executor executor;

  @Nullable
  OpenTelemetry openTelemetry;

  AdaptiveLimitBuilder(String name) {
    this.name = Checks.name("name", name);
  }

  /** Sets the least limit, from 1 to 100,000. The default is 1. */
  public AdaptiveLimitBuilder minimumLimit(int minimumLimit) {
    this.minimumLimit = (int) Checks.range("minimumLimit", minimumLimit, 1, MOST_CALLS);
    return this;
  }

  /**
   * Sets the limit to begin with, from 1 to 100,000. The default is 20. It matters for the first
   * seconds under load.
   */
  public AdaptiveLimitBuilder initialLimit(int initialLimit) {
    this.initialLimit = (int) Checks.range("initialLimit", initialLimit, 1, MOST_CALLS);
    return this;
  }

  /**
   * Sets the greatest limit, from 1 to 100,000. The default is 500. At no moment are more calls
   * under way.
   */
  public AdaptiveLimitBuilder maximumLimit(int maximumLimit) {
    this.maximumLimit = (int) Checks.range("maximumLimit", maximumLimit, 1, MOST_CALLS);
    return this;
  }

  /**
   * Sets how many calls may wait, from 0 to 10,000. The default is 100. With 0 a call that finds no
   * slot free is refused at once, whatever its priority.
   */
  public AdaptiveLimitBuilder maximumWaiting(int maximumWaiting) {
    this.maximumWaiting = (int) Checks.range("maximumWaiting", maximumWaiting, 0, MOST_WAITING);
    return this;
  }

  /**
   * Sets how long a call may wait for a slot in a burst, from 1 millisecond to 1 minute. The
   * default is 100 milliseconds. If calls of a priority have waited for longer than that without a
   * break, it is no burst but an overload.
   */
  public AdaptiveLimitBuilder maxWait(Duration maxWait) {
    this.maxWait = Checks.duration("maxWait", maxWait, LEAST_WAIT, MOST_WAIT);
    return this;
  }

  /**
   * Sets how long a call may wait for a slot in an overload, from 1 millisecond to 1 minute, and at
   * most {@code maxWait}. The default is 5 milliseconds.
   */
  public AdaptiveLimitBuilder maxWaitInOverload(Duration maxWaitInOverload) {
    this.maxWaitInOverload =
        Checks.duration("maxWaitInOverload", maxWaitInOverload, LEAST_WAIT, MOST_WAIT);
    return this;
  }

  /**
   * Sets which failures of {@code run} and {@code runAsync} say that the dependency was overloaded.
   * The default is {@link TimeoutException} and {@link SocketTimeoutException}. Failures that are
   * neither are not learned from. A predicate that throws is taken for a no.
   */
  public AdaptiveLimitBuilder overloadedWhen(Predicate<Throwable> overloadedWhen) {
    this.overloadedWhen = Checks.notNull(overloadedWhen, "overloadedWhen");
    return this;
  }

  /**
   * Sets where futures complete. The default is a virtual thread each, or before JDK 21 a daemon
   * thread of a pool. With {@code Runnable::run} they complete one after the other on threads of
   * other callers: then what depends on them must not block.
   */
  public AdaptiveLimitBuilder executor(Executor executor) {
    this.executor = Checks.notNull(executor, "executor");
    return this;
  }

  /** Sets the source of time. The default is {@link Time#system()}. */
  public AdaptiveLimitBuilder time(Time time) {
    this.time = Checks.notNull(time, "time");
    return this;
  }

  /** Sets where metrics go. The default is the global instance, or nothing if there is none. */
  public AdaptiveLimitBuilder openTelemetry(OpenTelemetry openTelemetry) {
    this.openTelemetry = Checks.notNull(openTelemetry, "openTelemetry");
    return this;
  }

  /**
   * Returns the limit.
   *
   * @throws IllegalStateException if {@code initialLimit} is not between {@code minimumLimit} and
   *     {@code maximumLimit}, or {@code maxWaitInOverload} is longer than {@code maxWait}
   */
  public AdaptiveLimit build() {
    Checks.agreement(
        minimumLimit <= initialLimit && initialLimit <= maximumLimit,
        name + ": initialLimit must be in [minimumLimit, maximumLimit]: " + initialLimit + " in ["
            + minimumLimit + ", " + maximumLimit + "]");
    Checks.agreement(
        maxWaitInOverload.compareTo(maxWait) <= 0,
        name + ": maxWaitInOverload must be at most maxWait: " + maxWaitInOverload + " of "
            + maxWait);
    return new AdaptiveLimit(this);
  }

  private static boolean isTimeout(Throwable failure) {
    return failure instanceof TimeoutException || failure instanceof SocketTimeoutException;
  }
}
