package dev.scaling.resilience;

import dev.scaling.core.RejectedException;
import dev.scaling.core.Time;
import dev.scaling.core.internal.Checks;
import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.opentelemetry.api.OpenTelemetry;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Sets a {@link Resilience} up. Not safe for use by many threads. */
public final class ResilienceBuilder {

  static final int MOST_SLOTS = 1_000_000;

  private static final double MEDIAN = 0.5; // all that deadlines need
  private static final Duration LATENCIES = Duration.ofSeconds(10);
  private static final int LEAST_LATENCIES = 20;
  private static final Duration LEAST = Duration.ofMillis(1);
  private static final Duration MOST = Duration.ofHours(1);

  final String name;
  Duration deadline = Duration.ofSeconds(10);

  @Nullable
  RetryRule retry;

  boolean areDurationsWanted;
  Predicate<Throwable> throttleFor = failure -> false;

  private int places; // none if zero

  private @Nullable Bulkhead bulkhead;

  @Nullable
  Duration attemptTimeout;

  Predicate<Throwable> fallbackFor = failure -> failure instanceof RejectedException
      || failure instanceof DeadlineExceededException
      || RetryBuilder.mayGoAway(failure);

  @Nullable
  Executor executor;

  private boolean isIdempotent;
  private @Nullable RetryBudget hedgeBudget;
  private @Nullable HedgeBuilder hedge;
  private @Nullable ThrottleBuilder throttle;
  private @Nullable BreakerBuilder breaker;
  private @Nullable CircuitBreaker circuitBreaker;

  Time time = Time.system();
  RandomGenerator random = () -> ThreadLocalRandom.current().nextLong();

  @Nullable
  OpenTelemetry openTelemetry;

  ResilienceBuilder(String name) {
    this.name = Checks.name("name", name);
  }

  /**
   * Sets for how long a call may last at most, with all its attempts and the waits between them.
   *
   * @param deadline from 1 millisecond to 1 hour; the default is 10 seconds
   */
  public ResilienceBuilder deadline(Duration deadline) {
    this.deadline = Checks.duration("deadline", deadline, LEAST, MOST);
    return this;
  }

  /**
   * Lets calls be retried, with the defaults of {@link RetryBuilder}. There is no retry by default.
   */
  public ResilienceBuilder retry(RetryBudget budget) {
    return retry(budget, defaults -> {});
  }

  /**
   * Lets calls be retried.
   *
   * @param budget what retries are paid from; share it among all that calls this dependency
   * @param settings sets when and how
   */
  public ResilienceBuilder retry(RetryBudget budget, Consumer<RetryBuilder> settings) {
    var builder = new RetryBuilder(budget);
    Checks.notNull(settings, "settings").accept(builder);
    retry = builder.build();
    return this;
  }

  /**
   * Says that a call may be made twice at the same time, which {@link #hedge} needs. The default is
   * that it may not.
   */
  public ResilienceBuilder idempotent() {
    isIdempotent = true;
    return this;
  }

  /** Lets slow calls be raced, with the defaults of {@link HedgeBuilder}. */
  public ResilienceBuilder hedge(RetryBudget budget) {
    return hedge(budget, defaults -> {});
  }

  /**
   * Lets a first attempt that takes long be raced by another one, a hedge: whichever succeeds first
   * counts, and the other one is cancelled. There is none by default, and none while the circuit is
   * not closed, while four fifths of the bulkhead are taken, while calls are throttled, or if the
   * time left is too short. Calls that block then run on the executor, each attempt on a thread of
   * its own, which is interrupted when it loses.
   *
   * @param budget what hedges are paid from; the same as that of retries
   * @param settings sets when
   */
  public ResilienceBuilder hedge(RetryBudget budget, Consumer<HedgeBuilder> settings) {
    hedgeBudget = Checks.notNull(budget, "budget");
    var builder = new HedgeBuilder();
    Checks.notNull(settings, "settings").accept(builder);
    hedge = builder;
    return this;
  }

  /** Lets calls be throttled, with the defaults of {@link ThrottleBuilder}. */
  public ResilienceBuilder throttle(Predicate<Throwable> refusal) {
    return throttle(refusal, defaults -> {});
  }

  /**
   * Lets calls be refused here, with a {@link CallRejectedException}, while the callee refuses too
   * many of them. There is no throttle by default.
   *
   * @param refusal which failures say that the callee has refused a call for its load; if it
   *     throws, that one does not. What is refused here, and by breaker and bulkhead, does not
   * @param settings sets when
   */
  public ResilienceBuilder throttle(
      Predicate<Throwable> refusal, Consumer<ThrottleBuilder> settings) {
    throttleFor = Checks.notNull(refusal, "refusal");
    var builder = new ThrottleBuilder();
    Checks.notNull(settings, "settings").accept(builder);
    throttle = builder;
    return this;
  }

  /**
   * Lets the circuit be broken while too many attempts fail, with the defaults of
   * {@link BreakerBuilder}: calls are then refused with a {@link CallRejectedException}. There is
   * no breaker by default.
   */
  public ResilienceBuilder breaker() {
    return breaker(defaults -> {});
  }

  /**
   * Lets the circuit be broken.
   *
   * @param settings sets when
   */
  public ResilienceBuilder breaker(Consumer<BreakerBuilder> settings) {
    var builder = new BreakerBuilder();
    Checks.notNull(settings, "settings").accept(builder);
    breaker = builder;
    circuitBreaker = null;
    return this;
  }

  /**
   * Lets the circuit be broken by an instance of yours, with its own settings; what it counts as
   * failures, and its events, are its own. Each outcome takes a lock. Attempts from before it
   * opened do not count when it is half open; outcomes that others report to it do. A probe that
   * has not ended after 30 seconds counts as failed.
   */
  public ResilienceBuilder breaker(CircuitBreaker breaker) {
    circuitBreaker = Checks.notNull(breaker, "breaker");
    this.breaker = null;
    return this;
  }

  /**
   * Limits how many attempts are under way at a time; what comes beyond that is refused at once
   * with a {@link CallRejectedException}. There is no limit by default.
   *
   * @param limit from 1 to 1,000,000; it can be changed by {@link Resilience#resizeBulkhead}
   */
  public ResilienceBuilder bulkhead(int limit) {
    places = (int) Checks.range("limit", limit, 1, MOST_SLOTS);
    bulkhead = null;
    return this;
  }

  /**
   * Limits how many attempts are under way by an instance of yours. If it waits for a place, it
   * does so on the thread that calls, asynchronous calls too.
   */
  public ResilienceBuilder bulkhead(Bulkhead bulkhead) {
    this.bulkhead = Checks.notNull(bulkhead, "bulkhead");
    return this;
  }

  /**
   * Sets how long one attempt may take. Then the thread of a call that blocks is interrupted, and
   * the stage of one that does not is cancelled; the attempt has failed with an
   * {@link Attempt.TimedOutException}, which may be retried. There is no such limit by default.
   *
   * @param timeout from 1 millisecond to 1 hour; the deadline may be sooner
   */
  public ResilienceBuilder attemptTimeout(Duration timeout) {
    attemptTimeout = Checks.duration("attemptTimeout", timeout, LEAST, MOST);
    return this;
  }

  /**
   * Sets after which failures a call that {@linkplain Resilience#call(Resilience.Work,
   * Resilience.Fallback) has a fallback} returns that. The default is what was refused, what took
   * too long, and {@link java.io.IOException}; never any {@link Error},
   * {@link InterruptedException} or {@link java.util.concurrent.CancellationException}.
   */
  public ResilienceBuilder fallbackFor(Predicate<Throwable> failures) {
    fallbackFor = Checks.notNull(failures, "failures");
    return this;
  }

  /**
   * Sets where later attempts of asynchronous calls begin, and where a call that is over its
   * deadline completes. The default is a virtual thread each, or before JDK 21 a daemon thread of a
   * pool.
   */
  public ResilienceBuilder executor(Executor executor) {
    this.executor = Checks.notNull(executor, "executor");
    return this;
  }

  /** Sets the source of time. The default is {@link Time#system()}. */
  public ResilienceBuilder time(Time time) {
    this.time = Checks.notNull(time, "time");
    return this;
  }

  /** Sets what jitter is drawn from; used by many threads. The default is the thread's own. */
  public ResilienceBuilder random(RandomGenerator random) {
    this.random = Checks.notNull(random, "random");
    return this;
  }

  /** Sets where telemetry goes. The default is the global instance, or nothing if there is none. */
  public ResilienceBuilder openTelemetry(OpenTelemetry openTelemetry) {
    this.openTelemetry = Checks.notNull(openTelemetry, "openTelemetry");
    return this;
  }

  @Nullable
  Slots slots() {
    if (bulkhead != null) {
      return Slots.of(bulkhead);
    }
    return places == 0 ? null : new Slots.Resizable(places);
  }

  /**
   * Has each call's duration recorded, in a histogram, which costs a reading of the clock and what
   * the SDK takes. The default is not to.
   */
  public ResilienceBuilder durations() {
    areDurationsWanted = true;
    return this;
  }

  @Nullable
  Breaker breaker(PipelineLog log) {
    if (circuitBreaker != null) {
      return Breaker.of(circuitBreaker, time, log);
    }
    return breaker == null ? null : Breaker.of(name, breaker, time, random, log);
  }

  @Nullable
  RetryBudget budget() {
    return retry == null ? hedgeBudget : retry.budget();
  }

  @Nullable
  HedgeRule hedge(long nowNanos) {
    return hedge == null || hedgeBudget == null ? null : hedge.build(hedgeBudget, nowNanos);
  }

  LatencyWindow latencies(long nowNanos) {
    return hedge == null
        ? new LatencyWindow(MEDIAN, LATENCIES, LEAST_LATENCIES, nowNanos)
        : hedge.latencies(nowNanos);
  }

  @Nullable
  Throttle throttle(long nowNanos) {
    return throttle == null ? null : throttle.build(random, nowNanos);
  }

  /**
   * Returns the pipeline.
   *
   * @throws IllegalStateException if there is a hedge of calls that are not {@linkplain #idempotent
   *     idempotent}, or one that is paid from another budget than retries
   */
  public Resilience build() {
    Checks.agreement(
        hedge == null || isIdempotent, name + ": hedge needs calls that are idempotent()");
    Checks.agreement(
        hedgeBudget == null || hedgeBudget == budget(),
        name + ": retry and hedge must be paid from the same budget");
    return new Resilience(this);
  }
}
