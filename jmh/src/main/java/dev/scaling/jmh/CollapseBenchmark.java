package dev.scaling.jmh;

import dev.scaling.concurrency.collapse.Collapser;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
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
 * What does a call that nobody shares pay for being collapsed, above a bare map of futures (the
 * control)?
 *
 * <p>Run: {@code java -jar jmh/target/benchmarks.jar Collapse -prof gc}
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(3)
@Threads(1)
public class CollapseBenchmark {

  private final Long[] keys = LocalHits.keys();
  private final Collapser<Long, Long> ours = Collapsing.onCaller();
  private final ConcurrentHashMap<Long, CompletableFuture<Long>> futures =
      new ConcurrentHashMap<>();

  @Benchmark
  public @Nullable Long ours(Cursor cursor) {
    var key = keys[cursor.next()];
    return ours.run(key, () -> key);
  }

  @Benchmark
  public @Nullable Long bareMap_control(Cursor cursor) throws Exception {
    var key = keys[cursor.next()];
    return Collapsing.bare(futures, key, () -> key);
  }
}
