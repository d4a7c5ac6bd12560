package dev.scaling.concurrency.limit;

import dev.scaling.concurrency.internal.Threads;
import dev.scaling.concurrency.limit.Decision.Source;
import dev.scaling.core.Time;
import dev.scaling.core.internal.Checks;
import dev.scaling.core.redis.Redis;
import dev.scaling.core.telemetry.Telemetry;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import org.jspecify.annotations.Nullable;

/**
 * Limits the rate of something over all instances of a service together, for each key apart: a
 * tenant, a user, an address. The limits are kept in Redis by the server's clock, or without Redis
 * in this process.
 *
 * <p>What it promises:
 *
 * <ul>
 *   <li><b>Never above the limits.</b> In any window of the server's time of length {@code w} at
 *       most {@code burst + w * rate} permits of a key are granted, whatever the clocks of the
 *       instances say, and however many call at once.
 *   <li><b>All or nothing.</b> A call takes from all limits of its key, in one script, or from
 *       none.
 *   <li><b>At most once.</b> No call is sent to Redis twice. If an answer is lost, permits may be
 *       lost with it, never doubled.
 *   <li><b>Redis away is no error.</b> {@code whenRedisFails} decides, and one caller at a time
 *       waits to find out whether it is back.
 * </ul>
 *
 * <p>A call costs one round trip at most, and calls for one key that are made at once share it. A
 * refusal that was heard already costs none.
 *
 * <p>Instances are safe for use by many threads. Blocking methods may be called on virtual threads.
 */
public final class RateLimiter implements AutoCloseable {

  private static final int MOST_KEY_CHARS = 1_024;
  private static final Decision ONE_ALLOTTED = allotted(1);

  private final String name;
  private final Gcra gcra;
  private final Decisions decisions;
  private final Store store;
  private final Cells cells;
  private final Outage outage;
  private final Fallback fallback;
  private final @Nullable Members members;
  private final @Nullable Allotment allotment;
  private final Time time;
  private final Executor executor;
  private final @Nullable ExecutorService owned;
  private final long mostPermits;
  private final LimiterCounters counters = new LimiterCounters();
  private final Telemetry telemetry;
  private volatile boolean closed;

  RateLimiter(RateLimiterBuilder builder) {
    name = builder.name;
    time = builder.time;
    var limits = builder.kept();
    gcra = new Gcra(builder.names, limits);
    decisions = new Decisions(gcra);
    allotment = builder.redis == null ? null : builder.allotment;
    double longestHorizon = Math.max(
        builder.longestWait.toNanos() / 1e3, allotment == null ? 0 : allotment.horizonMicros());
    var base = builder.prefix + ":" + name;
    if (builder.redis == null) {
      var local = new LocalStore(gcra, time, longestHorizon);
      store = local;
      members = null;
      fallback = fallback(builder, () -> 1);
      cells = new Cells(this::cell, local::sweep, time, builder.maximumKeys);
    } else {
      store = new RedisStore(
          builder.redis,
          builder.scripts,
          gcra,
          base + ":r:1:{",
          builder.redisTimeout,
          longestHorizon);
      members = new Members(
          builder.redis, builder.scripts.members(), time, builder.redisTimeout, base + ":m:1");
      fallback = fallback(builder, members::count);
      cells = new Cells(this::cell, fallback::sweep, time, builder.maximumKeys);
      members.start();
    }
    outage = new Outage(time, builder.random);
    mostPermits = builder.limits.stream().mapToLong(RateLimit::burst).min().orElseThrow();
    if (builder.executor == null) {
      owned = Threads.create(name);
      executor = owned;
    } else {
      owned = null;
      executor = builder.executor;
    }
    telemetry = LimiterMeters.register(builder.openTelemetry, name, this::snapshot);
  }

  /**
   * Returns a builder of a limiter whose limits all instances share.
   *
   * @param name names the limiter in keys, telemetry and messages: 1 to 64 letters, digits, dots,
   *     dashes and underscores
   * @param redis where the limits are kept; the limiter does not close it
   */
  public static RateLimiterBuilder builder(String name, Redis redis) {
    return new RateLimiterBuilder(name, Checks.notNull(redis, "redis"));
  }

  /** Returns a builder of a limiter that is this process's own, by its monotonic clock. */
  public static RateLimiterBuilder local(String name) {
    return new RateLimiterBuilder(name, null);
  }

  /** Takes one permit, as {@link #tryAcquire(String, long)} does. */
  public Decision tryAcquire(String key) {
    return tryAcquire(key, 1);
  }

  /**
   * Takes permits, all or none. Waits for Redis, at most {@code redisTimeout}, and never for
   * permits.
   *
   * @param key 1 to 1,024 characters
   * @param permits from 1 to the smallest burst
   * @throws CancellationException if the thread was interrupted; its flag is set again
   */
  public Decision tryAcquire(String key, long permits) {
    var cell = cells.of(checked(key));
    if (takesFromStock(cell, checked(permits))) {
      return permits == 1 ? ONE_ALLOTTED : allotted(permits);
    }
    return await(decide(cell, permits, /* calls= */ 1));
  }

  /**
   * Takes as many permits as there are, up to a number. Waits for Redis, at most
   * {@code redisTimeout}.
   *
   * @param mostPermits at least 1
   * @return what was granted, perhaps less than asked for
   */
  public Decision tryAcquireUpTo(String key, long mostPermits) {
    Checks.range("mostPermits", mostPermits, 1, Long.MAX_VALUE / 4);
    return await(decide(cells.of(checked(key)), /* cost= */ 1, mostPermits));
  }

  /** Takes permits as {@link #tryAcquire(String, long)} does, without blocking. */
  public CompletableFuture<Decision> tryAcquireAsync(String key, long permits) {
    var cell = cells.of(checked(key));
    if (takesFromStock(cell, checked(permits))) {
      return CompletableFuture.completedFuture(allotted(permits));
    }
    return handedOver(decide(cell, permits, /* calls= */ 1));
  }

  /** Returns the numbers since the limiter was built. No round trip. */
  public LimiterSnapshot snapshot() {
    return counters.snapshot(cells.size(), members == null ? 1 : members.count());
  }

  /** Ends the limiter. What was taken stays taken. Does nothing the second time. */
  @Override
  public void close() {
    closed = true;
    cells.close();
    telemetry.close();
    if (members != null) {
      members.close();
    }
    if (owned != null) {
      owned.shutdown();
    }
  }

  @Override
  public String toString() {
    return "RateLimiter["
        + name
        + (closed ? ", closed" : "")
        + (outage.isAway() ? ", Redis away" : "")
        + ", keys="
        + cells.size()
        + "]";
  }

  private CompletableFuture<Decision> decide(KeyCell cell, long cost, long calls) {
    var refused = refused(cell, cost);
    if (refused != null) {
      return done(refused);
    }
    if (!outage.tryEnter()) {
      return done(fallback.decide(cell, cost, calls));
    }
    var decided = new CompletableFuture<Decision>();
    cell.ask(new Ask(cost, calls, /* horizonMicros= */ 0)).whenComplete((grant, failure) -> {
      if (grant != null) {
        answered();
        decided.complete(counted(decisions.of(grant, cost, Source.STORE)));
      } else {
        failed(failure);
        decided.complete(counted(fallback.decide(cell, cost, calls)));
      }
    });
    return decided;
  }

  private boolean takesFromStock(KeyCell cell, long permits) {
    var stock = cell.stock();
    if (stock == null || !stock.tryTake(permits)) {
      return false;
    }
    counters.allotted(permits);
    return true;
  }

  private static Decision allotted(long permits) {
    return Decisions.blind(permits, Duration.ZERO, Source.ALLOTMENT);
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

  private void answered() {
    if (outage.answered()) {
      for (KeyCell cell : cells.all()) {
        cell.settle();
      }
    }
  }

  private void failed(Throwable failure) {
    counters.redisFailures.increment();
    if (outage.failed(failure)) {
      fallback.begin();
    }
  }

  private CompletableFuture<Decision> done(Decision decision) {
    return CompletableFuture.completedFuture(counted(decision));
  }

  private Decision counted(Decision decision) {
    counters.count(decision);
    return decision;
  }

  private <T> CompletableFuture<T> handedOver(CompletableFuture<T> inner) {
    return inner.isDone() ? inner : inner.thenApplyAsync(value -> value, executor);
  }

  private <T> T await(CompletableFuture<T> future) {
    try {
      return future.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancellationException(name + ": interrupted while waiting for Redis");
    } catch (ExecutionException e) {
      throw new IllegalStateException(name + ": a decision failed", e.getCause());
    }
  }

  private KeyCell cell(String key) {
    return new KeyCell(key, store, gcra, time, stock());
  }

  private @Nullable Stock stock() {
    return allotment == null || members == null
        ? null
        : new Stock(gcra, time, allotment, members::count);
  }

  private static Fallback fallback(
      RateLimiterBuilder builder, java.util.function.IntSupplier instances) {
    return new Fallback(
        builder.whenRedisFails, builder.names, builder.limits, instances, builder.time);
  }

  private String checked(String key) {
    if (closed) {
      throw new IllegalStateException(name + ": the limiter is closed");
    }
    if (key == null) {
      throw new NullPointerException(name + ": key must not be null");
    }
    if (key.isEmpty() || key.length() > MOST_KEY_CHARS) {
      throw new IllegalArgumentException(
          name + ": key must have 1 to " + MOST_KEY_CHARS + " characters: " + key.length());
    }
    return key;
  }

  private long checked(long permits) {
    if (permits < 1 || permits > mostPermits) {
      throw new IllegalArgumentException(
          name + ": permits must be in [1, " + mostPermits + "], the smallest burst: " + permits);
    }
    return permits;
  }
}
