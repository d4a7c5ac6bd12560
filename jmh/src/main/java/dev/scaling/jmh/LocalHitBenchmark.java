package dev.scaling.jmh;

import com.github.benmanes.caffeine.cache.Cache;
import dev.scaling.cache.TieredCache;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
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
import org.redisson.api.RLocalCachedMap;

/**
 * What does a hit in the local tier cost above Caffeine with the same expiry and statistics (the
 * control), and how does Redisson's local cache compare?
 *
 * <p>Run: {@code java -jar jmh/target/benchmarks.jar LocalHit -prof gc}
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(3)
@Threads(1)
@SuppressWarnings("NullAway.Init") // set up by JMH
public class LocalHitBenchmark {

  private Lab lab;
  private Long[] keys;
  private TieredCache<Long, String> ours;
  private Cache<Long, String> caffeine;
  private RLocalCachedMap<Long, String> redisson;

  /** Opens all three, so that each stands in the same heap. */
  @Setup
  public void open() {
    lab = new Lab();
    keys = LocalHits.keys();
    ours = LocalHits.tiered(lab, keys);
    caffeine = LocalHits.caffeine(keys);
    redisson = LocalHits.redisson(lab, keys);
  }

  /** Closes the server and the clients. */
  @TearDown
  public void close() {
    lab.close();
  }

  @Benchmark
  public @Nullable String ours(Cursor cursor) {
    return ours.get(keys[cursor.next()]);
  }

  @Benchmark
  public @Nullable String caffeine_control(Cursor cursor) {
    return caffeine.getIfPresent(keys[cursor.next()]);
  }

  @Benchmark
  public @Nullable String redissonLocalCachedMap(Cursor cursor) {
    return redisson.get(keys[cursor.next()]);
  }
}
