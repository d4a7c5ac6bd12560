package dev.scaling.concurrency.collapse;

import dev.scaling.core.Time;
import dev.scaling.core.internal.Checks;
import io.opentelemetry.api.OpenTelemetry;
import java.time.Duration;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** Configures a {@link Batcher}. Not safe for use by many threads. */
public final class BatcherBuilder<K, V> {

  final String name;
  final BulkFunction<K, ?> function;
  final boolean givesOutcomes;
  int maximumSize = 100;
  int parallelism = 1;
  Duration linger = Duration.ZERO;
  WhenMissing whenMissing = WhenMissing.NULL;
  boolean isolatesFailures;

  @Nullable
  Executor executor;

  Time time = Time.system();

  @Nullable
  OpenTelemetry openTelemetry;

  BatcherBuilder(String name, BulkFunction<K, ?> function, boolean givesOutcomes) {
    this.name = Checks.name("name", name);
    this.function = Checks.notNull(function, "function");
    this.givesOutcomes = givesOutcomes;
  }

  /** Sets how many keys a bulk call takes at most, from 1 to 100,000. The default is 100. */
  public BatcherBuilder<K, V> maximumSize(int maximumSize) {
    this.maximumSize = (int) Checks.range("maximumSize", maximumSize, 1, 100_000);
    return this;
  }

  /**
   * Sets how many batches are under way at once, from 1 to 1,024. The default is 1. While as many
   * are, keys gather for the next.
   */
  public BatcherBuilder<K, V> parallelism(int parallelism) {
    this.parallelism = (int) Checks.range("parallelism", parallelism, 1, 1_024);
    return this;
  }

  /**
   * Sets how long a key waits for others although its batch could leave, from zero to 10 seconds. A
   * full batch does not wait. The default is zero: a call that finds nothing under way leaves at
   * once.
   */
  public BatcherBuilder<K, V> linger(Duration linger) {
    this.linger = Checks.duration("linger", linger, Duration.ZERO, Duration.ofSeconds(10));
    return this;
  }

  /**
   * Sets what a caller gets whose key the bulk function returned nothing for. The default is
   * {@link WhenMissing#NULL}.
   */
  public BatcherBuilder<K, V> whenMissing(WhenMissing whenMissing) {
    this.whenMissing = Checks.notNull(whenMissing, "whenMissing");
    return this;
  }

  /**
   * Sets whether a bulk call that throws is split in two, and again, until the keys that make it
   * throw fail alone. The default is {@code false}. One bad key of {@code n} costs about {@code 2
   * log2 n} further calls; a source that fails whatever the keys costs {@code 2n - 2}. The function
   * must bear to be called again with keys of a call that threw.
   */
  public BatcherBuilder<K, V> isolateFailures(boolean isolateFailures) {
    isolatesFailures = isolateFailures;
    return this;
  }

  /**
   * Sets where bulk calls run and where asynchronous calls complete. The default is a virtual
   * thread each, or before JDK 21 a daemon thread of a pool; then a caller that blocks without a
   * timeout and finds nothing under way runs its bulk call itself.
   */
  public BatcherBuilder<K, V> executor(Executor executor) {
    this.executor = Checks.notNull(executor, "executor");
    return this;
  }

  /** Sets the source of time. The default is {@link Time#system()}. */
  public BatcherBuilder<K, V> time(Time time) {
    this.time = Checks.notNull(time, "time");
    return this;
  }

  /** Sets where metrics go. The default is the global instance, or nothing if there is none. */
  public BatcherBuilder<K, V> openTelemetry(OpenTelemetry openTelemetry) {
    this.openTelemetry = Checks.notNull(openTelemetry, "openTelemetry");
    return this;
  }

  /** Returns the batcher. */
  public Batcher<K, V> build() {
    return new Batcher<>(this);
  }

  /** What a caller gets whose key the bulk function returned nothing for. */
  public enum WhenMissing {
    /** {@code null}. */
    NULL,

    /** A {@link CallFailedException} whose cause is a {@link java.util.NoSuchElementException}. */
    FAIL
  }
}
