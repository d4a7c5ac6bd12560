package dev.scaling.concurrency.limit;

import dev.scaling.core.Time;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Keys whose state is in this process, by its monotonic clock. */
final class LocalStore implements Store {

  /*
   * Bounded: a key whose full burst is there is dropped by a sweep, which loses nothing. To drop any
   * other would give it another burst, so what comes when there is no room is not kept apart: all such
   * keys share one state, and each gets less than its limits rather than more. A key that finds room
   * later begins where the shared state stands, since it may have taken all of that.
   */

  private static final String SHARED = ""; // no key is empty

  private final Gcra gcra;
  private final Time time;
  private final double longestHorizon;
  private final int most;
  private final long originNanos;
  private final ConcurrentHashMap<String, double[]> states = new ConcurrentHashMap<>();
  private final ReentrantLock entrance = new ReentrantLock(); // for keys that are not there yet

  /** Creates a store of so many keys at most, and one for all others together. */
  LocalStore(Gcra gcra, Time time, double longestHorizon, int most) {
    this.gcra = gcra;
    this.time = time;
    this.longestHorizon = longestHorizon;
    this.most = most;
    originNanos = time.nanoTime();
  }

  @Override
  public CompletableFuture<Taken> take(String key, List<Ask> asks) {
    var taken = new Taken[1];
    states.computeIfPresent(key, (same, state) -> taken(state, asks, taken));
    if (taken[0] == null) {
      takeAnew(key, asks, taken);
    }
    return CompletableFuture.completedFuture(taken[0]);
  }

  private void takeAnew(String key, List<Ask> asks, Taken[] taken) {
    entrance.lock();
    try {
      var shared = states.get(SHARED);
      int kept = states.size() - (shared == null ? 0 : 1);
      boolean hasRoom = kept < most || states.containsKey(key);
      states.compute(
          hasRoom ? key : SHARED,
          (same, state) -> taken(state == null ? shared : state, asks, taken));
    } finally {
      entrance.unlock();
    }
  }

  /** Takes, by the state that is there or from a full burst, and returns the state that is left. */
  private double[] taken(double @Nullable [] state, List<Ask> asks, Taken[] taken) {
    double now = nowMicros();
    double[] tats = state == null ? empty(now) : state.clone();
    gcra.settle(tats, now, longestHorizon);
    double[] found = tats.clone();
    var calls = new long[asks.size()];
    for (int i = 0; i < calls.length; i++) {
      calls[i] = gcra.take(tats, now, asks.get(i));
    }
    taken[0] = new Taken(now, found, calls);
    return tats;
  }

  @Override
  public CompletableFuture<Boolean> refund(String key, Grant grant) {
    entrance.lock();
    try {
      double[] now = states.computeIfPresent(
          states.containsKey(key) ? key : SHARED,
          (same, state) -> Arrays.equals(state, grant.after()) ? grant.before() : state);
      return CompletableFuture.completedFuture(now == grant.before());
    } finally {
      entrance.unlock();
    }
  }

  int size() {
    return states.size();
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
