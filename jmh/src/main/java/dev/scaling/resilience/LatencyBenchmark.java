package dev.scaling.resilience;

import java.time.Duration;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Recorder;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What does a call pay for knowing the quantiles of the latencies, alone and when both cores do so,
 * beside HdrHistogram? And what does the one pay that ends a slice?
 *
 * <p>In the package of what it measures, which is not public. Run: {@code java -jar
 * jmh/target/benchmarks.jar LatencyBenchmark -prof gc}
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class LatencyBenchmark {

  private static final Duration WINDOW = Duration.ofSeconds(10);

  private final LatencyWindow window = new LatencyWindow(0.95, WINDOW, 1, 0);
  private final LatencyWindow sliding = new LatencyWindow(0.95, WINDOW, 1, 0);
  private final Recorder recorder = new Recorder(1_000, 3_600_000_000_000L, 2);
  private long nowNanos;

  /** Creates what is measured; for JMH. */
  public LatencyBenchmark() {}

  /** Latencies of about 10 ms, another one each time. */
  @State(Scope.Thread)
  public static class Calls {

    private final long[] nanos = new Random(1)
        .doubles(1_024)
        .mapToLong(each -> (long) (10e6 * Math.exp(0.35 * each)))
        .toArray();
    private int next;

    /** Creates them; for JMH. */
    public Calls() {}

    long next() {
      next = (next + 1) % nanos.length;
      return nanos[next];
    }
  }

  /** A record and the reading before it, as a call makes them. */
  @Benchmark
  @Threads(1)
  public long window_alone(Calls calls) {
    long trigger = window.reading(0).triggerNanos();
    window.record(calls.next(), 0);
    return trigger;
  }

  /** The same by two threads. */
  @Benchmark
  @Threads(2)
  public long window_contended(Calls calls) {
    return window_alone(calls);
  }

  /** A record alone. */
  @Benchmark
  @Threads(1)
  public void recorder_alone(Calls calls) {
    recorder.recordValue(calls.next());
  }

  /** The same by two threads. */
  @Benchmark
  @Threads(2)
  public void recorder_contended(Calls calls) {
    recorder.recordValue(calls.next());
  }

  /** A record that ends a slice. */
  @Benchmark
  @Threads(1)
  public void window_endOfSlice(Calls calls) {
    nowNanos += WINDOW.toNanos() / LatencyWindow.SLICES;
    sliding.record(calls.next(), nowNanos);
  }
}
