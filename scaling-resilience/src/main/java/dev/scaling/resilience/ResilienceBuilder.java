package dev.scaling.resilience;

import dev.scaling.core.Time;
import dev.scaling.core.internal.Checks;
import io.opentelemetry.api.OpenTelemetry;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Sets a {@link Resilience} up. Not safe for use by many threads. */
public final class ResilienceBuilder {

  final String name;
  Duration deadline = Duration.ofSeconds(10);

  @Nullable
  RetryRule retry;

  @Nullable
  Executor executor;

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
    this.deadline =
        Checks.duration("deadline", deadline, Duration.ofMillis(1), Duration.ofHours(1));
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

  /** Returns the pipeline. */
  public Resilience build() {
    return new Resilience(this);
  }
}
