package dev.scaling.jmh;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What does a read from Redis cost through the cache and through the port, beside Redisson's bucket
 * of the same bytes (the control)? Alone the percentiles tell, with 64 callers the rate.
 *
 * <p>Run: {@code java -jar jmh/target/benchmarks.jar RemoteHit -prof gc}
 */
@State(Scope.Benchmark)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(3)
@SuppressWarnings("NullAway.Init") // set up by JMH
public class RemoteHitBenchmark {

  private Lab lab;
  private RemoteHits hits;

  /** Opens one client for all three. */
  @Setup
  public void open() {
    lab = new Lab();
    hits = new RemoteHits(lab);
  }

  /** Closes the server and the client. */
  @TearDown
  public void close() {
    lab.close();
  }

  @Benchmark
  @BenchmarkMode(Mode.SampleTime)
  @Threads(1)
  public void cache_alone(Cursor cursor) {
    hits.cacheGet(cursor.next());
  }

  @Benchmark
  @BenchmarkMode(Mode.SampleTime)
  @Threads(1)
  public void port_alone(Cursor cursor) {
    hits.portGet(cursor.next());
  }

  @Benchmark
  @BenchmarkMode(Mode.SampleTime)
  @Threads(1)
  public void bucket_alone_control(Cursor cursor) {
    hits.bucketGet(cursor.next());
  }

  @Benchmark
  @BenchmarkMode(Mode.Throughput)
  @Threads(RemoteHits.CALLERS)
  public void cache_crowded(Cursor cursor) {
    hits.cacheGet(cursor.next());
  }

  @Benchmark
  @BenchmarkMode(Mode.Throughput)
  @Threads(RemoteHits.CALLERS)
  public void port_crowded(Cursor cursor) {
    hits.portGet(cursor.next());
  }

  @Benchmark
  @BenchmarkMode(Mode.Throughput)
  @Threads(RemoteHits.CALLERS)
  public void bucket_crowded_control(Cursor cursor) {
    hits.bucketGet(cursor.next());
  }
}
