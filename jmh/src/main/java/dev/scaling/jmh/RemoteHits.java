package dev.scaling.jmh;

import dev.scaling.cache.Codec;
import dev.scaling.cache.KeyCodec;
import dev.scaling.cache.TieredCache;
import dev.scaling.core.redis.Redis;
import dev.scaling.jmh.Line.Goal;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.redisson.api.RBucket;
import org.redisson.api.RedissonClient;
import org.redisson.client.codec.ByteArrayCodec;

/**
 * Some cells in Redis, read by our cache without a local tier, by our port, and by Redisson's
 * buckets: all three ask for the same keys, of the same server, over the same client.
 */
final class RemoteHits {

  static final int CALLERS = 64;
  static final int KEYS = 16 * CALLERS; // callers never share one, which the cache would collapse

  private static final int VALUE_BYTES = 40;
  private static final Duration TIMEOUT = Duration.ofSeconds(1);

  private final TieredCache<Long, byte[]> cache;
  private final Redis redis;
  private final List<String> cells;
  private final List<RBucket<byte[]>> buckets;

  RemoteHits(Lab lab) {
    RedissonClient client = lab.client();
    redis = lab.opened(Redis.over(client));
    cache = lab.opened(TieredCache.builder("remote", redis, KeyCodec.longs(), Codec.bytes())
        .withoutLocal()
        .ttl(Duration.ofHours(1))
        .build(key -> new byte[VALUE_BYTES]));
    IntStream.range(0, KEYS).forEach(key -> LocalHits.present(cache.get((long) key)));
    cells = IntStream.range(0, KEYS)
        .mapToObj(key -> "scaling:remote:e:1:{" + key + "}")
        .toList();
    buckets = cells.stream()
        .map(cell -> client.<byte[]>getBucket(cell, ByteArrayCodec.INSTANCE))
        .toList();
  }

  static List<Line> alone(Lab lab, String id, Effort effort) throws Exception {
    var hits = new RemoteHits(lab);
    var time = Duel.between(
        effort, Sides.medianMicros(hits::cacheGet), Sides.medianMicros(hits::bucketGet));
    return List.of(
        new Line(id, "p50 / RBucket", "us", time.ours(), time.peer(), Goal.ratioAtMost(1.05)));
  }

  static List<Line> crowded(Lab lab, String id, Effort effort) throws Exception {
    var hits = new RemoteHits(lab);
    var rate = Duel.between(
        effort,
        Sides.callsPerSecond(CALLERS, hits::cacheGet),
        Sides.callsPerSecond(CALLERS, hits::bucketGet));
    return List.of(new Line(
        id, "rate, 64 callers / RBucket", "op/s", rate.ours(), rate.peer(), Goal.ratioAtLeast(2)));
  }

  static List<Line> port(Lab lab, String id, Effort effort) throws Exception {
    var hits = new RemoteHits(lab);
    var rate = Duel.between(
        effort,
        Sides.callsPerSecond(CALLERS, hits::portGet),
        Sides.callsPerSecond(CALLERS, hits::bucketGet));
    var time = Duel.between(
        effort, Sides.medianMicros(hits::portGet), Sides.medianMicros(hits::bucketGet));
    return List.of(
        new Line(
            id,
            "rate, 64 callers / RBucket",
            "op/s",
            rate.ours(),
            rate.peer(),
            Goal.ratioAtLeast(3)),
        new Line(
            id, "p50, 1 caller / RBucket", "us", time.ours(), time.peer(), Goal.ratioAtMost(1.05)));
  }

  void cacheGet(int number) {
    LocalHits.present(cache.get((long) (number % KEYS)));
  }

  void portGet(int number) {
    LocalHits.present(redis.get(cells.get(number % KEYS), TIMEOUT).join());
  }

  void bucketGet(int number) {
    LocalHits.present(buckets.get(number % KEYS).get());
  }
}
