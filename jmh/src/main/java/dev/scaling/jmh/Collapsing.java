package dev.scaling.jmh;

import dev.scaling.concurrency.collapse.Collapser;
import dev.scaling.jmh.Line.Goal;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What a call pays for being collapsed when nobody shares it, and what it saves when many do.
 *
 * <p>The peer is the least that collapses at all: a future put into a map if there is none, and
 * removed before it completes. Ours runs on the caller's thread as that does; what a hand-over to
 * another thread costs is the third line.
 */
final class Collapsing {

  private static final int CROWD = 1_000;

  private Collapsing() {}

  static List<Line> beside(Lab lab, String id, Effort effort) throws Exception {
    var keys = LocalHits.keys();
    var ours = lab.opened(onCaller());
    var peer = new ConcurrentHashMap<Long, CompletableFuture<Long>>();
    var handedOver = lab.opened(Collapser.<Long, Long>builder("handed-over").build());
    var alone = Duel.between(
        effort,
        Sides.nanosPerCall(calls -> {
          for (int i = 0; i < calls; i++) {
            var key = keys[i % LocalHits.KEYS];
            LocalHits.present(ours.run(key, () -> key));
          }
        }),
        Sides.nanosPerCall(calls -> {
          for (int i = 0; i < calls; i++) {
            var key = keys[i % LocalHits.KEYS];
            LocalHits.present(bare(peer, key, () -> key));
          }
        }));
    var threads = Executors.newCachedThreadPool();
    try {
      var handOver = Duel.between(
          effort,
          Sides.medianMicros(i -> handedOver.run(keys[i % LocalHits.KEYS], () -> 1L)),
          Sides.medianMicros(i -> threads.submit(() -> 1L).get()));
      double loads = crowd(handedOver);
      return List.of(
          new Line(
              id,
              "leader alone / bare map",
              "ns",
              alone.ours(),
              alone.peer(),
              Goal.ratioAtMost(1.3)),
          new Line(
              id,
              "on a thread / submit().get()",
              "us",
              handOver.ours(),
              handOver.peer(),
              Goal.ratioAtMost(1.3)),
          new Line(id, CROWD + " callers", "loads", loads, null, Goal.exactly(1)));
    } finally {
      threads.shutdown();
    }
  }

  static Collapser<Long, Long> onCaller() {
    return Collapser.<Long, Long>builder("on-caller").executor(Runnable::run).build();
  }

  /** Collapses as a map alone can. */
  static Long bare(
      ConcurrentHashMap<Long, CompletableFuture<Long>> futures, Long key, Callable<Long> load)
      throws Exception {
    var mine = new CompletableFuture<Long>();
    var other = futures.putIfAbsent(key, mine);
    if (other != null) {
      return other.join();
    }
    Long value = load.call();
    futures.remove(key, mine);
    mine.complete(value);
    return mine.join();
  }

  /** Returns how often a thousand callers at once execute. */
  private static double crowd(Collapser<Long, Long> collapser) throws Exception {
    var loads = new AtomicInteger();
    var open = new CountDownLatch(1);
    long before = collapser.snapshot().followers();
    List<CompletableFuture<Long>> callers = new ArrayList<>();
    for (int i = 0; i < CROWD; i++) {
      callers.add(collapser.runAsync(-1L, () -> {
        loads.incrementAndGet();
        var value = new CompletableFuture<Long>();
        try {
          open.await();
          value.complete(1L);
        } catch (InterruptedException e) {
          value.completeExceptionally(e);
        }
        return value;
      }));
    }
    while (collapser.snapshot().followers() - before < CROWD - 1) {
      Thread.onSpinWait();
    }
    open.countDown();
    for (var caller : callers) {
      caller.get();
    }
    return loads.get();
  }
}
