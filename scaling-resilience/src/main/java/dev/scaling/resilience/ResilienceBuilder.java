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

  private static final Duration LEAST = Duration.ofMillis(1);
  private static final Duration MOST = Duration.ofHours(1);

  final String name;
  Duration deadline = Duration.ofSeconds(10);

  @Nullable
  RetryRule retry;

  @Nullable
  Slots slots;

  @Nullable
  Duration attemptTimeout;

  Predicate<Throwable> fallbackFor = failure -> failure instanceof RejectedException
      || failure instanceof DeadlineExceededException
      || RetryBuilder.mayGoAway(failure);

  @Nullable
  Executor executor;

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
    slots = new Slots.Resizable((int) Checks.range("limit", limit, 1, MOST_SLOTS));
    return this;
  }

  /**
   * Limits how many attempts are under way by an instance of yours. If it waits for a place, it
   * does so on the thread that calls, asynchronous calls too.
   */
  public ResilienceBuilder bulkhead(Bulkhead bulkhead) {
    slots = Slots.of(Checks.notNull(bulkhead, "bulkhead"));
    return this;
  }

  /**
   * Sets how long one attempt may take. Then the thread of a call that blocks is interrupted, and
   * the stage of one that does not is cancelled; the attempt has failed with an
   * {@link AttemptTimeoutException}, which may be retried. There is no such limit by default.
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
  Breaker breaker(PipelineLog log) {
    if (circuitBreaker != null) {
      return Breaker.of(circuitBreaker, time, log);
    }
    return breaker == null ? null : Breaker.of(name, breaker, time, random, log);
  }

  /** Returns the pipeline. */
  public Resilience build() {
    return new Resilience(this);
  }
}
