package dev.scaling.concurrency.limit;

import dev.scaling.core.Time;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** One key as this instance sees it: asks that wait for the store, and what it last answered. */
final class KeyCell {

  /*
   * Group commit: an ask joins the queue, and whoever finds no flight in the air takes off with all
   * that wait there. A lone ask leaves at once; while a flight is away, asks gather. One flight a key
   * keeps the asks in their order. Callers are served before the next flight takes off: those who come
   * again at once are aboard then. The other way round, 32 busy callers fall into two halves that take
   * turns, and the same machine does a third less (limiter.central-32).
   *
   * What the store answered is remembered, since it never gets better by itself: TATs only grow, so the
   * ones seen last are a lower bound, and the store's clock now is at most what it was then and all the
   * time since the flight was *sent*. What is refused even so would be refused by the store as well. The
   * time of a round trip is added, so that this holds for a call that is sent now and arrives later.
   * Only a refund, perhaps by another instance, makes a TAT smaller: nothing is remembered for longer
   * than REMEMBERED_NANOS.
   */

  static final long REMEMBERED_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final int MOST_ASKS = 1_024;
  private static final long MOST_DEBT = Long.MAX_VALUE / 4; // two of them add up
  static final double DRIFT = 1.001; // of this clock against the store's

  /** Permits that were granted here while the store was away, and that it does not know of yet. */
  final AtomicLong debt = new AtomicLong();

  private final String key;
  private final Store store;
  private final Gcra gcra;
  private final Time time;
  private final Queue<Ask> waiting = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean underWay = new AtomicBoolean();
  private final @Nullable Stock stock;
  private final Map<Long, WaitLine> lines = new ConcurrentHashMap<>();
  private volatile @Nullable Seen seen;

  KeyCell(String key, Store store, Gcra gcra, Time time, @Nullable Stock stock) {
    this.key = key;
    this.store = store;
    this.gcra = gcra;
    this.time = time;
    this.stock = stock;
  }

  @Nullable
  Stock stock() {
    return stock;
  }

  /** Returns the line of those who want so many permits each. */
  WaitLine line(long cost) {
    return lines.computeIfAbsent(cost, same -> new WaitLine(gcra, this::refund, time));
  }

  void close() {
    lines.values().forEach(WaitLine::close);
  }

  String key() {
    return key;
  }

  /** Asks the store, with whatever else waits for it. */
  CompletableFuture<Grant> ask(Ask ask) {
    waiting.add(ask);
    takeOff();
    return ask;
  }

  /** Returns what is known of a call that the store would refuse, or {@code null}. */
  @Nullable
  Refusal refusal(long cost, double horizonMicros) {
    var last = seen;
    if (last == null) {
      return null;
    }
    long passed = time.nanoTime() - last.sentNanos;
    if (passed > REMEMBERED_NANOS) {
      seen = null;
      return null;
    }
    double latestNow = last.nowMicros + (passed * DRIFT + last.roundTripNanos) / 1_000;
    if (gcra.usableAt(last.tats, cost) - horizonMicros <= latestNow) {
      return null;
    }
    double now = last.nowMicros + Math.max(0, passed - last.roundTripNanos) / 1_000.0;
    return new Refusal(last.tats, now);
  }

  /** Notes permits that were granted without the store. */
  void owe(long permits) {
    debt.updateAndGet(owed -> Math.min(MOST_DEBT, owed + permits));
  }

  /** Takes in the store what is owed to it, now that it answers. */
  void settle() {
    long owed = debt.getAndSet(0);
    if (owed > 0) {
      ask(Ask.ofDebt(owed));
    }
  }

  /** Gives a grant back, if nobody has taken anything since. */
  CompletableFuture<Boolean> refund(Grant grant) {
    return store.refund(key, grant).thenApply(refunded -> {
      if (refunded) {
        seen = null; // the limits are better than that now
      }
      return refunded;
    });
  }

  /** Returns whether nothing would be lost if this were thrown away. */
  boolean isIdle() {
    var last = seen;
    return isQuiet() && (last == null || time.nanoTime() - last.sentNanos > REMEMBERED_NANOS);
  }

  /** Returns whether nobody asks or waits, and nothing is owed or in stock. */
  boolean isQuiet() {
    return waiting.isEmpty()
        && !underWay.get()
        && debt.get() == 0
        && (stock == null || stock.isIdle())
        && lines.values().stream().allMatch(WaitLine::isIdle);
  }

  private void takeOff() {
    while (!waiting.isEmpty() && underWay.compareAndSet(false, true)) {
      var asks = boarded();
      if (asks.isEmpty()) {
        underWay.set(false); // another flight took them; look again, one may have come since
        continue;
      }
      long sentNanos = time.nanoTime();
      var taken = take(asks);
      boolean isThere =
          taken.isDone(); // as from the local store: not one more on top of this stack
      taken.whenComplete((found, failure) -> {
        leave(asks, landed(asks, sentNanos, found), failure);
        underWay.set(false);
        if (!isThere) {
          takeOff();
        }
      });
      if (!isThere) {
        return;
      }
    }
  }

  private CompletableFuture<Store.Taken> take(List<Ask> asks) {
    try {
      return store.take(key, asks);
    } catch (RuntimeException | Error e) { // no port should, but no key may stop for ever
      return CompletableFuture.failedFuture(e);
    }
  }

  private List<Ask> boarded() {
    List<Ask> asks = new ArrayList<>();
    long owed = debt.getAndSet(0);
    if (owed > 0) {
      asks.add(Ask.ofDebt(owed));
    }
    for (Ask ask = next(asks); ask != null; ask = next(asks)) {
      asks.add(ask);
    }
    long more = stock == null || asks.isEmpty() ? 0 : stock.size();
    if (stock != null && more > 0) {
      asks.add(new Ask(/* cost= */ 1, more, stock.horizonMicros(), stock::fill));
    }
    return asks;
  }

  private @Nullable Ask next(List<Ask> asks) {
    return asks.size() < MOST_ASKS ? waiting.poll() : null;
  }

  /** Notes what a flight brought, before the next one takes off, so that all is in its order. */
  private List<Grant> landed(List<Ask> asks, long sentNanos, Store.@Nullable Taken taken) {
    if (taken == null) {
      return List.of();
    }
    long receivedNanos = time.nanoTime();
    List<Grant> grants = new ArrayList<>(asks.size());
    double[] tats = taken.tats();
    for (int i = 0; i < asks.size(); i++) {
      double[] before = tats;
      var ask = asks.get(i);
      long calls = taken.calls()[i];
      if (ask.isDebt()) {
        tats = tats.clone();
        gcra.takeDebt(tats, taken.nowMicros(), ask.calls);
      } else if (calls > 0) {
        tats = tats.clone();
        gcra.take(tats, calls * ask.cost);
      }
      var grant = new Grant(calls, taken.nowMicros(), before, tats, sentNanos, receivedNanos);
      ask.received(grant);
      grants.add(grant);
    }
    seen = new Seen(tats, taken.nowMicros(), sentNanos, receivedNanos - sentNanos);
    return grants;
  }

  private void leave(List<Ask> asks, List<Grant> grants, @Nullable Throwable failure) {
    for (int i = 0; i < asks.size(); i++) {
      if (grants.isEmpty()) {
        asks.get(i).fail(failure, this::owe);
      } else {
        asks.get(i).complete(grants.get(i));
      }
    }
  }

  /** What the store answered last. */
  @SuppressWarnings("ArrayRecordComponent") // nobody compares two of them
  private record Seen(double[] tats, double nowMicros, long sentNanos, long roundTripNanos) {}

  /**
   * Where the limits stand that refuse.
   *
   * @param tats at least these
   * @param nowMicros the store's clock, at least
   */
  @SuppressWarnings("ArrayRecordComponent") // nobody compares two of them
  record Refusal(double[] tats, double nowMicros) {}
}
