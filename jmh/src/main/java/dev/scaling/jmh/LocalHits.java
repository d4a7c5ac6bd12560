package dev.scaling.jmh;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import dev.scaling.cache.Codec;
import dev.scaling.cache.KeyCodec;
import dev.scaling.cache.TieredCache;
import dev.scaling.jmh.Line.Goal;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.redisson.api.RLocalCachedMap;
import org.redisson.api.options.LocalCachedMapOptions;

/** The same thousand entries in our local tier and in its peers. */
final class LocalHits {

  static final int KEYS = 1_000;

  private static final long SEED = 42;
  private static final Duration TTL = Duration.ofHours(1);
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private LocalHits() {}

  static List<Line> besideCaffeine(Lab lab, String id, Effort effort) throws Exception {
    var keys = keys();
    var ours = tiered(lab, keys);
    var peer = caffeine(keys);
    var time = Duel.between(
        effort,
        Sides.nanosPerCall(calls -> {
          for (int i = 0; i < calls; i++) {
            present(ours.get(keys[i % KEYS]));
          }
        }),
        Sides.nanosPerCall(calls -> {
          for (int i = 0; i < calls; i++) {
            present(peer.getIfPresent(keys[i % KEYS]));
          }
        }));
    var bytes = Duel.between(
        effort,
        Sides.bytesPerCall(calls -> {
          for (int i = 0; i < calls; i++) {
            present(ours.get(keys[i % KEYS]));
          }
        }),
        Sides.bytesPerCall(calls -> {
          for (int i = 0; i < calls; i++) {
            present(peer.getIfPresent(keys[i % KEYS]));
          }
        }));
    return List.of(
        new Line(id, "hit / Caffeine", "ns", time.ours(), time.peer(), Goal.ratioAtMost(1.25)),
        new Line(id, "allocated / Caffeine", "B", bytes.ours(), bytes.peer(), Goal.roundsTo(0)));
  }

  static List<Line> besideRedisson(Lab lab, String id, Effort effort) throws Exception {
    var keys = keys();
    var ours = tiered(lab, keys);
    var peer = redisson(lab, keys);
    var time = Duel.between(
        effort,
        Sides.nanosPerCall(calls -> {
          for (int i = 0; i < calls; i++) {
            present(ours.get(keys[i % KEYS]));
          }
        }),
        Sides.nanosPerCall(calls -> {
          for (int i = 0; i < calls; i++) {
            present(peer.get(keys[i % KEYS]));
          }
        }));
    return List.of(new Line(
        id, "hit / RLocalCachedMap", "ns", time.ours(), time.peer(), Goal.ratioAtMost(0.1)));
  }

  static TieredCache<Long, String> tiered(Lab lab, Long[] keys) {
    var redis = lab.port();
    var cache = lab.opened(TieredCache.builder("local", redis, KeyCodec.longs(), Codec.strings())
        .ttl(TTL)
        .local(local -> local.ttl(TTL))
        .build(LocalHits::value));
    long start = System.nanoTime();
    long misses;
    do { // what is read before the cache hears invalidations is not kept
      misses = cache.snapshot().localMisses();
      for (Long key : keys) {
        present(cache.get(key));
      }
      if (System.nanoTime() - start > PATIENCE.toNanos()) {
        throw new IllegalStateException("the local tier does not fill: " + cache.snapshot());
      }
    } while (cache.snapshot().localMisses() != misses);
    return cache;
  }

  /**
   * Returns Caffeine as our local tier uses it: bounded, with statistics and an expiry an entry.
   */
  static Cache<Long, String> caffeine(Long[] keys) {
    Cache<Long, String> cache = Caffeine.newBuilder()
        .maximumSize(10_000)
        .recordStats()
        .expireAfter(Expiry.<Long, String>writing((key, value) -> TTL))
        .build();
    for (Long key : keys) {
      cache.put(key, value(key));
    }
    return cache;
  }

  static RLocalCachedMap<Long, String> redisson(Lab lab, Long[] keys) {
    RLocalCachedMap<Long, String> map =
        lab.client().getLocalCachedMap(LocalCachedMapOptions.name("local"));
    map.putAll(Stream.of(keys).collect(Collectors.toMap(key -> key, LocalHits::value)));
    for (Long key : keys) {
      present(map.get(key));
    }
    return map;
  }

  /** Returns the keys in an order that is not that of their hashes. */
  static Long[] keys() {
    var keys = LongStream.range(0, KEYS).boxed().collect(Collectors.toList());
    Collections.shuffle(keys, new Random(SEED));
    return keys.toArray(Long[]::new);
  }

  static void present(@Nullable Object value) {
    if (value == null) {
      throw new IllegalStateException("a hit was expected");
    }
  }

  private static String value(Long key) {
    return "value of " + key;
  }
}
