package dev.scaling.jmh;

import dev.scaling.cache.Codec;
import dev.scaling.cache.KeyCodec;
import dev.scaling.cache.TieredCache;
import dev.scaling.jmh.Line.Goal;
import dev.scaling.testkit.CommandCounter;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.LongStream;

/** How many commands reach Redis for each operation of the cache. */
final class Commands {

  private static final int TIMES = 100;

  /** What Redisson sends by itself, now and then. */
  private static final Set<String> UPKEEP =
      Set.of("ping", "hello", "client", "subscribe", "info", "command", "auth", "select");

  private Commands() {}

  static List<Line> count(Lab lab, String id, Effort effort) throws InterruptedException {
    var redis = lab.port();
    var cache = lab.opened(TieredCache.builder("commands", redis, KeyCodec.longs(), Codec.strings())
        .withoutLocal()
        .build(key -> "value of " + key));
    cache.get(-1L); // the first use of a script sends its source
    cache.invalidate(-1L);
    cache.getAll(List.of(-2L, -3L));
    Thread.sleep(200); // connections and the subscription
    var keys = LongStream.range(0, TIMES).boxed().toList();
    try (var counter = CommandCounter.sentTo(lab.server())) {
      double misses = counted(counter, () -> keys.forEach(cache::get)) / TIMES;
      double hits = counted(counter, () -> keys.forEach(cache::get)) / TIMES;
      double invalidations = counted(counter, () -> keys.forEach(cache::invalidate)) / TIMES;
      double bulk = counted(counter, () -> cache.getAll(keys));
      return List.of(
          line(id, "remote hit", hits, Goal.exactly(1)),
          line(id, "miss", misses, Goal.atMost(3)),
          line(id, "invalidate", invalidations, Goal.exactly(1)),
          line(id, "getAll of 100 missing", bulk, Goal.atMost(3)));
    }
  }

  private static Line line(String id, String measure, double commands, Goal goal) {
    return new Line(id, measure, "cmd", commands, null, goal);
  }

  private static double counted(CommandCounter counter, Runnable work) {
    counter.reset();
    work.run();
    return counter.counts().entrySet().stream()
        .filter(entry -> !UPKEEP.contains(entry.getKey()))
        .mapToLong(Map.Entry::getValue)
        .sum();
  }
}
