package dev.scaling.jmh;

import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.LoadingCache;
import dev.scaling.cache.Codec;
import dev.scaling.cache.KeyCodec;
import dev.scaling.cache.TieredCache;
import dev.scaling.jmh.Line.Goal;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.redisson.api.RMap;
import org.redisson.api.map.MapLoader;
import org.redisson.api.options.MapOptions;

/**
 * Four instances of a service, each with a client of its own, and fifty threads in each, all ask
 * for one key that nobody has. How often is it loaded, and when has everybody got it?
 */
final class Stampede {

  private static final int INSTANCES = 4;
  private static final int THREADS = 50;
  private static final int LOAD_MILLIS = 20;
  private static final int WARM_UPS = 10;

  private final AtomicInteger loads = new AtomicInteger();

  private Stampede() {}

  static List<Line> compare(Lab lab, String id, Effort effort) throws Exception {
    var stampede = new Stampede();
    int runs = effort.rounds();
    int warmUps = Math.min(WARM_UPS, effort.rounds());
    ExecutorService threads = Executors.newFixedThreadPool(INSTANCES * THREADS);
    try {
      var sides = List.of(
          new Contender(
              IntStream.range(0, INSTANCES).mapToObj(i -> stampede.ours(lab)).toList()),
          new Contender(IntStream.range(0, INSTANCES)
              .mapToObj(i -> stampede.redisson(lab))
              .toList()),
          new Contender(
              IntStream.range(0, INSTANCES).mapToObj(i -> stampede.caffeine()).toList()));
      for (int i = 0; i < warmUps; i++) {
        for (Contender side : sides) {
          stampede.run(side, -1L - i, threads);
        }
      }
      var readings = new Reading[sides.size()][runs];
      for (int i = 0; i < runs; i++) {
        for (int side = 0; side < sides.size(); side++) {
          readings[side][i] = stampede.run(sides.get(side), (long) i, threads);
        }
      }
      return lines(id, readings[0], readings[1], readings[2]);
    } finally {
      threads.shutdown();
    }
  }

  private static List<Line> lines(
      String id, Reading[] ours, Reading[] redisson, Reading[] caffeine) {
    double served = millis(ours);
    return List.of(
        new Line(id, "most loads / RMap", "loads", loads(ours), loads(redisson), Goal.exactly(1)),
        new Line(
            id,
            "most loads / Caffeine x 4",
            "loads",
            loads(ours),
            loads(caffeine),
            Goal.exactly(1)),
        new Line(id, "all served / RMap", "ms", served, millis(redisson), Goal.atMost(45)),
        new Line(id, "all served / Caffeine x 4", "ms", served, millis(caffeine), Goal.atMost(45)));
  }

  private static double loads(Reading[] readings) {
    return IntStream.range(0, readings.length).map(i -> readings[i].loads).max().orElseThrow();
  }

  private static double millis(Reading[] readings) {
    return Duel.median(
        IntStream.range(0, readings.length).mapToDouble(i -> readings[i].millis).toArray());
  }

  private Reading run(Contender side, Long key, ExecutorService threads) throws Exception {
    loads.set(0);
    var ready = new CountDownLatch(INSTANCES * THREADS);
    var go = new CountDownLatch(1);
    var callers = IntStream.range(0, INSTANCES * THREADS)
        .mapToObj(i -> threads.submit(() -> {
          ready.countDown();
          go.await();
          LocalHits.present(side.instances.get(i % INSTANCES).apply(key));
          return System.nanoTime();
        }))
        .toList();
    ready.await();
    long start = System.nanoTime();
    go.countDown();
    long last = start;
    for (Future<Long> caller : callers) {
      last = Math.max(last, caller.get());
    }
    return new Reading(loads.get(), (last - start) / 1e6);
  }

  private Function<Long, @Nullable String> ours(Lab lab) {
    var redis = lab.port();
    TieredCache<Long, String> cache =
        lab.opened(TieredCache.builder("stampede", redis, KeyCodec.longs(), Codec.strings())
            .build(this::load));
    return cache::get;
  }

  private Function<Long, @Nullable String> redisson(Lab lab) {
    RMap<Long, String> map = lab.client()
        .getMap(MapOptions.<Long, String>name("stampede").loader(new MapLoader<>() {
          @Override
          public String load(Long key) {
            return Stampede.this.load(key);
          }

          @Override
          public Iterable<Long> loadAllKeys() {
            return List.of();
          }
        }));
    return map::get;
  }

  private Function<Long, @Nullable String> caffeine() {
    LoadingCache<Long, String> cache = Caffeine.newBuilder().build(this::load);
    return cache::get;
  }

  private String load(Long key) {
    loads.incrementAndGet();
    try {
      Thread.sleep(LOAD_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return "value of " + key;
  }

  private record Contender(List<Function<Long, @Nullable String>> instances) {}

  private record Reading(int loads, double millis) {}
}
