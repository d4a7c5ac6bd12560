package dev.scaling.jmh;

import dev.scaling.concurrency.collapse.Batcher;
import dev.scaling.jmh.Line.Goal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.dataloader.DataLoader;
import org.dataloader.DataLoaderFactory;
import org.dataloader.DataLoaderOptions;

/**
 * What a key pays for going in a batch of a hundred, beside java-dataloader, and what a lone call
 * pays for the chance of one.
 *
 * <p>In the batches neither side changes threads: java-dataloader loads where it is dispatched, and
 * ours has an executor that runs tasks at once. Its batch is full with the hundredth key, and does
 * not linger. The lone call is the usual one, which loads its key itself, beside a plain call.
 */
final class Batching {

  private static final int SIZE = 100;

  private Batching() {}

  static List<Line> beside(Lab lab, String id, Effort effort) throws Exception {
    var keys = LocalHits.keys();
    var idle = lab.opened(Batcher.builder("idle", Batching::load).build());
    var lone = Duel.between(
        effort,
        Sides.medianMicros(i -> LocalHits.present(idle.load(keys[i % LocalHits.KEYS]))),
        Sides.medianMicros(i -> LocalHits.present(load(Set.of(keys[i % LocalHits.KEYS])))));
    return List.of(
        new Line(id, "idle call / plain call", "us", lone.ours(), lone.peer(), Goal.addsAtMost(50)),
        perKey(
            lab,
            id,
            effort,
            keys,
            "key / dataloader, cache on",
            DataLoaderOptions.newDefaultOptions()),
        perKey(
            lab,
            id,
            effort,
            keys,
            "key / dataloader, cache off",
            DataLoaderOptions.newOptions().setCachingEnabled(false).build()));
  }

  private static Line perKey(
      Lab lab, String id, Effort effort, Long[] keys, String measure, DataLoaderOptions options)
      throws Exception {
    var ours = lab.opened(Batcher.builder("batches", Batching::load)
        .maximumSize(SIZE)
        .linger(Duration.ofSeconds(1))
        .executor(Runnable::run)
        .build());
    DataLoader<Long, Long> peer = DataLoaderFactory.newMappedDataLoader(
        asked -> CompletableFuture.completedFuture(load(asked)), options);
    var time = Duel.between(
        effort,
        Sides.nanosPerCall(calls -> {
          List<CompletableFuture<Long>> futures = new ArrayList<>(SIZE);
          for (int i = 0; i < calls; i += SIZE) {
            futures.clear();
            for (int j = 0; j < SIZE; j++) {
              futures.add(ours.loadAsync(keys[(i + j) % LocalHits.KEYS]));
            }
            futures.forEach(future -> LocalHits.present(future.join()));
          }
        }),
        Sides.nanosPerCall(calls -> {
          List<CompletableFuture<Long>> futures = new ArrayList<>(SIZE);
          for (int i = 0; i < calls; i += SIZE) {
            futures.clear();
            for (int j = 0; j < SIZE; j++) {
              futures.add(peer.load(keys[(i + j) % LocalHits.KEYS]));
            }
            peer.dispatch();
            futures.forEach(future -> LocalHits.present(future.join()));
            peer.clearAll(); // or the next round would find its keys in the cache
          }
        }));
    return new Line(id, measure, "ns", time.ours(), time.peer(), Goal.ratioAtMost(0.5));
  }

  private static Map<Long, Long> load(Set<Long> keys) {
    Map<Long, Long> found = new HashMap<>(2 * keys.size());
    keys.forEach(key -> found.put(key, key));
    return found;
  }
}
