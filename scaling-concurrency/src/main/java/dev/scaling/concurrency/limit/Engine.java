package dev.scaling.concurrency.limit;

import dev.scaling.concurrency.limit.Decision.Source;
import dev.scaling.core.Time;
import dev.scaling.core.redis.RedisCallException;
import dev.scaling.core.redis.RedisCallException.Failure;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** Decides: from stock, from memory, by the store, or without it. */
final class Engine implements AutoCloseable, Members.Listener {

  /*
   * In this order, the cheapest first:
   *
   *   1  permits in stock are taken                                      no clock, no round trip
   *   2  what the store would refuse for certain is refused              no round trip
   *   3  while Redis is away the fallback decides, but for one probe     no round trip
   *   4  the store decides, for all who ask for the key at the time      one round trip
   *   5  what it did not answer the fallback decides; it is never asked again for the same call
   */

  final Cells cells;
  final Outage outage;
  final LimiterCounters counters = new LimiterCounters();
  private final String name;
  private final Gcra gcra;
  private final Decisions decisions;
  private final Store store;
  private final Fallback fallback;
  private final @Nullable Members members;
  private final LimiterLog log;
  private final @Nullable Allotment allotment;
  private final Time time;

  @SuppressWarnings("this-escape") // the last statement: the listener finds all else in place
  Engine(RateLimiterBuilder builder) {
    name = builder.name;
    time = builder.time;
    gcra = new Gcra(builder.names, builder.kept());
    decisions = new Decisions(gcra);
    outage = new Outage(time, builder.random);
    log = new LimiterLog(builder, this::instances);
    var redis = builder.redis;
    allotment = redis == null ? null : builder.allotment;
    double horizon = Math.max(
        builder.longestWait.toNanos() / 1e3, allotment == null ? 0 : allotment.horizonMicros());
    String prefix = builder.prefix + ":" + name;
    if (redis == null) {
      var local = new LocalStore(gcra, time, horizon, builder.maximumKeys);
      store = local;
      members = null;
      fallback = new Fallback(builder, () -> 1);
      cells = new Cells(this::cell, local::sweep, time, builder.maximumKeys);
      return;
    }
    var scripts = builder.scripts;
    var timeout = builder.redisTimeout;
    store = new RedisStore(redis, scripts, gcra, prefix + ":r:1:{", timeout, horizon);
    members = new Members(redis, builder, prefix + ":m:1", this);
    fallback = new Fallback(builder, members::count);
    cells = new Cells(this::cell, this::sweep, time, builder.maximumKeys);
    members.start();
  }

  private KeyCell cell(String key) {
    var stock = allotment == null || members == null
        ? null
        : new Stock(gcra, time, allotment, members::count);
    return new KeyCell(key, store, gcra, time, stock);
  }

  /** Takes permits that this instance has in stock. */
  boolean takesFromStock(KeyCell cell, long permits) {
    var stock = cell.stock();
    if (stock == null || !stock.tryTake(permits)) {
      return false;
    }
    counters.granted(permits);
    return true;
  }

  /** Decides about some calls of equal cost for which there is no stock. */
  CompletableFuture<Outcome> decide(KeyCell cell, long cost, long calls) {
    var refused = refused(cell, cost);
    if (refused != null) {
      return CompletableFuture.completedFuture(new Outcome(counted(refused), null));
    }
    if (!outage.tryEnter()) {
      return CompletableFuture.completedFuture(fellBack(cell, cost, calls));
    }
    return cell.ask(new Ask(cost, calls, /* horizonMicros= */ 0))
        .handle((grant, failure) -> outcome(cell, cost, calls, grant, failure));
  }

  /**
   * Decides as {@link #decide} does, and waits for it. The answer is worked out on this thread,
   * which has nothing else to do, and not on the one that brings the answers of all.
   */
  Decision decideNow(KeyCell cell, long cost, long calls) throws InterruptedException {
    var refused = refused(cell, cost);
    if (refused != null) {
      return counted(refused);
    }
    if (!outage.tryEnter()) {
      return fellBack(cell, cost, calls).decision();
    }
    var ask = new Ask(cost, calls, /* horizonMicros= */ 0);
    cell.ask(ask);
    try {
      return outcome(cell, cost, calls, ask.get(), /* failure= */ null).decision();
    } catch (ExecutionException e) {
      return outcome(cell, cost, calls, /* grant= */ null, e.getCause()).decision();
    }
  }

  /** Returns the refusal of a call of a key without stock, if it is known already. */
  @Nullable
  Decision knownRefusal(KeyCell cell, long cost) {
    var refusal = cell.stock() == null ? cell.refusal(cost, /* horizonMicros= */ 0) : null;
    return refusal == null
        ? null
        : counted(decisions.refused(refusal, cost, Source.REMEMBERED_REFUSAL));
  }

  private Outcome outcome(
      KeyCell cell, long cost, long calls, @Nullable Grant grant, @Nullable Throwable failure) {
    if (grant == null) {
      failed(failure);
      return fellBack(cell, cost, calls);
    }
    answered();
    return new Outcome(counted(decisions.of(grant, cost, Source.STORE)), grant);
  }

  /** Gives back what nobody used, as far as that keeps the limits. */
  void giveBack(KeyCell cell, Outcome outcome) {
    var stock = cell.stock();
    var grant = outcome.grant();
    if (outcome.decision().source() == Source.ALLOTMENT && stock != null) {
      stock.giveBack(outcome.decision().permits());
    } else if (grant != null && grant.calls() > 0) {
      cell.refund(grant);
    }
  }

  CompletableFuture<Reservation> reserve(String key, long permits, Duration maxWait) {
    var cell = cells.ofWaiting(key);
    var reserved = reserve(cell, permits, maxWait);
    reserved.whenComplete((reservation, failure) -> cells.release(cell));
    return reserved;
  }

  private CompletableFuture<Reservation> reserve(KeyCell cell, long permits, Duration maxWait) {
    var line = cell.line(permits);
    var reservation = new Reservation(name, line);
    if (takesFromStock(cell, permits)) {
      reservation.complete();
      return CompletableFuture.completedFuture(reservation);
    }
    if (line.joinSpare(reservation, maxWait)) {
      counters.granted(permits);
      return CompletableFuture.completedFuture(reservation);
    }
    double horizonMicros = maxWait.toNanos() / 1e3;
    var refusal = cell.refusal(permits, horizonMicros);
    if (refusal != null) {
      return rejected(
          permits, counted(decisions.refused(refusal, permits, Source.REMEMBERED_REFUSAL)));
    }
    if (!outage.tryEnter()) {
      return reservedWithoutStore(cell, reservation, permits);
    }
    var ask = new Ask(
        permits,
        /* calls= */ 1,
        horizonMicros,
        grant -> {
          if (grant.calls() == 1) {
            line.join(reservation, grant);
          }
        });
    return cell.ask(ask)
        .handle((grant, failure) -> reserved(cell, reservation, permits, grant, failure))
        .thenCompose(same -> same);
  }

  private CompletableFuture<Reservation> reserved(
      KeyCell cell,
      Reservation reservation,
      long permits,
      @Nullable Grant grant,
      @Nullable Throwable failure) {
    if (grant == null) {
      failed(failure);
      return reservedWithoutStore(cell, reservation, permits);
    }
    answered();
    if (grant.calls() == 0) {
      return rejected(permits, counted(decisions.of(grant, permits, Source.STORE)));
    }
    counters.granted(permits);
    return CompletableFuture.completedFuture(reservation);
  }

  private CompletableFuture<Reservation> reservedWithoutStore(
      KeyCell cell, Reservation reservation, long permits) {
    var decision = fellBack(cell, permits, /* calls= */ 1).decision();
    if (!decision.isPermitted()) {
      return rejected(permits, decision);
    }
    reservation.complete();
    return CompletableFuture.completedFuture(reservation);
  }

  private <T> CompletableFuture<T> rejected(long permits, Decision decision) {
    return CompletableFuture.failedFuture(new RateLimitedException(name, permits, decision));
  }

  /** Returns the refusal of a call, if this instance knows enough to refuse it. */
  private @Nullable Decision refused(KeyCell cell, long cost) {
    var stock = cell.stock();
    if (stock != null) {
      stock.missed(cost);
      var pending = stock.pending(cost);
      if (pending != null) {
        return decisions.refused(pending, cost, Source.ALLOTMENT);
      }
    }
    var refusal = cell.refusal(cost, /* horizonMicros= */ 0);
    if (refusal == null || (stock != null && mayFill(cell, stock))) {
      return null;
    }
    return decisions.refused(refusal, cost, Source.REMEMBERED_REFUSAL);
  }

  private static boolean mayFill(KeyCell cell, Stock stock) {
    return cell.refusal(1, stock.horizonMicros()) == null && stock.size() > 0;
  }

  private Outcome fellBack(KeyCell cell, long cost, long calls) {
    var decision = fallback.decide(cell, cost, calls);
    if (decision.isPermitted()) {
      cells.keepOwing(cell);
    }
    return new Outcome(counted(decision), null);
  }

  private void answered() {
    if (outage.answered()) {
      log.back();
      cells.all().forEach(KeyCell::settle);
    }
  }

  /** Runs every second. What is owed and was refused by an error of the server is tried again. */
  private void sweep() {
    fallback.sweep();
    if (!outage.isAway()) {
      cells.all().forEach(KeyCell::settle);
    }
  }

  private void failed(@Nullable Throwable failure) {
    counters.redisFailures.increment();
    if (failure instanceof RedisCallException call && call.failure() == Failure.REJECTED) {
      answered(); // an error of the server is an answer
    } else if (outage.unanswered()) {
      fallback.begin();
    }
    log.failed(failure);
  }

  @Override
  public void onCounted() {
    log.counted();
  }

  @Override
  public void onFailed(Throwable failure) {
    counters.redisFailures.increment();
    log.uncounted(failure);
  }

  private int instances() {
    return members == null ? 1 : members.count();
  }

  private Decision counted(Decision decision) {
    counters.count(decision);
    return decision;
  }

  LimiterSnapshot snapshot() {
    return counters.snapshot(cells.size(), instances(), outage.isAway());
  }

  @Override
  public void close() {
    cells.close();
    if (members != null) {
      members.close();
    }
  }
}
