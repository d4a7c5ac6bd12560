package dev.scaling.concurrency.limit;

import dev.scaling.core.Time;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/** Keys whose state is in this process, by its monotonic clock. */
final class LocalStore implements Store {

  private final Gcra gcra;
  private final Time time;
  private final double longestHorizon;
  private final long originNanos;
  private final ConcurrentHashMap<String, double[]> states = new ConcurrentHashMap<>();

  LocalStore(Gcra gcra, Time time, double longestHorizon) {
    this.gcra = gcra;
    this.time = time;
    this.longestHorizon = longestHorizon;
    originNanos = time.nanoTime();
  }

  @Override
  public CompletableFuture<Taken> take(String key, List<Ask> asks) {
    var taken = new Taken[1];
    states.compute(key, (same, old) -> {
      double now = nowMicros();
      double[] tats = old == null ? empty(now) : old.clone();
      gcra.settle(tats, now, longestHorizon);
      double[] found = tats.clone();
      var calls = new long[asks.size()];
      for (int i = 0; i < calls.length; i++) {
        var ask = asks.get(i);
        calls[i] = gcra.fit(tats, now, ask.cost, ask.calls, ask.horizonMicros);
        gcra.take(tats, calls[i] * ask.cost);
      }
      taken[0] = new Taken(now, found, calls);
      return tats;
    });
    return CompletableFuture.completedFuture(taken[0]);
  }

  @Override
  public CompletableFuture<Boolean> refund(String key, Grant grant) {
    double[] now = states.computeIfPresent(
        key, (same, state) -> Arrays.equals(state, grant.after()) ? grant.before() : state);
    return CompletableFuture.completedFuture(now == grant.before());
  }

  /** Forgets keys whose full burst is there: they are as if nobody had ever asked for them. */
  void sweep() {
    double now = nowMicros();
    states.values().removeIf(tats -> Arrays.stream(tats).allMatch(tat -> tat <= now));
  }

  private double[] empty(double now) {
    var tats = new double[gcra.limits()];
    Arrays.fill(tats, now);
    return tats;
  }

  private double nowMicros() {
    long micros = (time.nanoTime() - originNanos) / 1_000; // whole ones, as of a server's clock
    return micros;
  }
}
