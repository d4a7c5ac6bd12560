package dev.scaling.concurrency.limit;

import dev.scaling.concurrency.limit.Decision.Source;
import dev.scaling.core.internal.Checks;
import dev.scaling.core.internal.Handover;
import dev.scaling.core.redis.Redis;
import dev.scaling.core.telemetry.Telemetry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Limits the rate of something over all instances of a service together, for each key apart: a
 * tenant, a user, an address. The limits are kept in Redis by the server's clock, or without Redis
 * in this process.
 *
 * <p>What it promises:
 *
 * <ul>
 *   <li><b>Never above the limits.</b> While Redis answers, in any window of the server's time of
 *       length {@code w} at most {@code burst + w * rate} permits of a key are granted, whatever
 *       the clocks of the instances say, and however many call at once.
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
  private static final Decision ONE_ALLOTTED = Decisions.blind(1, Duration.ZERO, Source.ALLOTMENT);

  private final String name;
  final Engine engine;
  private final List<String> names;
  private final List<RateLimit> limits;
  private final @Nullable Allotment allotment;
  private final @Nullable Parent parent;
  private final Handover handover;
  private final long mostPermits;
  private final Duration longestWait;
  private final Telemetry telemetry;
  private volatile boolean closed;

  RateLimiter(RateLimiterBuilder builder) {
    name = builder.name;
    names = List.copyOf(builder.names);
    limits = List.copyOf(builder.limits);
    allotment = builder.redis == null ? null : builder.allotment;
    parent = builder.parent;
    longestWait = builder.longestWait;
    mostPermits = builder.kept().stream().mapToLong(RateLimit::burst).min().orElseThrow();
    engine = new Engine(builder);
    handover = new Handover(name, builder.executor);
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
   * @throws CancellationException if the thread was interrupted; its flag is set again, and the
   *     permits may have been taken
   */
  public Decision tryAcquire(String key, long permits) {
    if (parent == null) { // the path that must cost nothing
      var cell = engine.cells.of(checked(key));
      if (engine.takesFromStock(cell, checked(permits))) {
        return allotted(permits);
      }
      return decideNow(cell, permits, /* calls= */ 1);
    }
    return await(decide(checked(key), checked(permits), /* calls= */ 1), unused -> {});
  }

  /**
   * Takes as many permits as there are, up to a number. Waits for Redis, at most
   * {@code redisTimeout}.
   *
   * @param mostPermits at least 1
   * @return what was granted, perhaps less than asked for
   * @throws IllegalStateException if this limiter is within another, which grants all or nothing
   */
  public Decision tryAcquireUpTo(String key, long mostPermits) {
    Checks.range("mostPermits", mostPermits, 1, Long.MAX_VALUE / 4);
    Checks.agreement(parent == null, name + ": a limiter within another grants all or nothing");
    return decideNow(engine.cells.of(checked(key)), /* cost= */ 1, mostPermits);
  }

  /** Takes permits as {@link #tryAcquire(String, long)} does, without blocking. */
  public CompletableFuture<Decision> tryAcquireAsync(String key, long permits) {
    return handedOver(decide(checked(key), checked(permits), /* calls= */ 1), decision -> {});
  }

  /**
   * Takes permits that may be there only later, for whoever waits until then. Waits for Redis, at
   * most {@code redisTimeout}, and not for the permits.
   *
   * @param permits from 1 to the smallest burst
   * @param maxWait how long to wait for the permits at most, from zero to {@code longestWait}
   * @throws RateLimitedException if they will not be there by then, at once
   * @throws IllegalStateException if this limiter is within another, which has no reservations
   */
  public Reservation reserve(String key, long permits, Duration maxWait) {
    return await(reserved(key, permits, maxWait), Reservation::cancel);
  }

  /**
   * Takes permits as {@link #reserve} does, without blocking.
   *
   * @throws IllegalStateException if this limiter is within another, which has no reservations
   */
  public CompletableFuture<Reservation> reserveAsync(String key, long permits, Duration maxWait) {
    return handedOver(reserved(key, permits, maxWait), Reservation::cancel);
  }

  /**
   * Takes permits, and waits until they are there.
   *
   * @param permits from 1 to the smallest burst
   * @param maxWait how long to wait for the permits at most, from zero to {@code longestWait}
   * @throws RateLimitedException if they will not be there by then, at once
   * @throws CancellationException if the thread was interrupted; its flag is set again, and the
   *     permits are given back
   * @throws IllegalStateException if this limiter is within another, which has no reservations
   */
  public void acquire(String key, long permits, Duration maxWait) {
    reserve(key, permits, maxWait).await();
  }

  /**
   * Returns by how many permits the use of a limit may exceed it for a moment, since permits were
   * taken in advance: {@code rate * 2 * horizon} with adaptive allotments, else 0.
   *
   * @param limit the limit's name
   */
  public double excessBound(String limit) {
    int at = names.indexOf(Checks.notNull(limit, "limit"));
    Checks.argument(at >= 0, "limit must be one of " + names + ": %s", limit);
    if (allotment == null || allotment.isStrict()) {
      return 0;
    }
    var its = limits.get(at);
    return (double) its.permits() / its.period().toNanos() * allotment.life().toNanos();
  }

  /**
   * Returns the header fields that tell an HTTP client of its limits: {@code RateLimit-Policy} with
   * all of them, {@code RateLimit} with the one that is nearest, if it is known, and
   * {@code Retry-After} after a refusal.
   *
   * @see <a href="https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/">RateLimit
   *     header fields for HTTP</a>
   */
  public Map<String, String> headers(Decision decision) {
    return Headers.of(names, limits, decision);
  }

  /** Returns the numbers since the limiter was built. No round trip. */
  public LimiterSnapshot snapshot() {
    return engine.snapshot();
  }

  /** Ends the limiter. What was taken stays taken. Does nothing the second time. */
  @Override
  public void close() {
    closed = true;
    engine.close();
    telemetry.close();
    handover.close();
  }

  @Override
  public String toString() {
    return "RateLimiter["
        + name
        + (closed ? ", closed" : "")
        + (engine.outage.isAway() ? ", Redis away" : "")
        + ", keys="
        + engine.cells.size()
        + "]";
  }

  private CompletableFuture<Decision> decide(String key, long cost, long calls) {
    if (parent == null) {
      return outcome(key, cost, calls).thenApply(Outcome::decision);
    }
    var known = engine.knownRefusal(engine.cells.of(checked(key)), checked(cost));
    if (known != null) { // or it would use up the other one, which many share
      return CompletableFuture.completedFuture(known);
    }
    return parent
        .limiter
        .outcome(parent.key, cost, /* calls= */ 1)
        .thenCompose(above -> !above.decision().isPermitted()
            ? CompletableFuture.completedFuture(above.decision())
            : outcome(key, cost, calls).thenApply(mine -> within(parent, above, mine)));
  }

  private static Decision within(Parent parent, Outcome above, Outcome mine) {
    if (!mine.decision().isPermitted()) {
      parent.limiter.giveBack(parent.key, above);
    }
    return mine.decision();
  }

  private CompletableFuture<Outcome> outcome(String key, long cost, long calls) {
    var cell = engine.cells.of(checked(key));
    if (calls == 1 && engine.takesFromStock(cell, checked(cost))) {
      return CompletableFuture.completedFuture(new Outcome(allotted(cost), null));
    }
    return engine.decide(cell, cost, calls);
  }

  private void giveBack(String key, Outcome outcome) {
    engine.giveBack(engine.cells.of(key), outcome);
  }

  private static Decision allotted(long permits) {
    return permits == 1 ? ONE_ALLOTTED : Decisions.blind(permits, Duration.ZERO, Source.ALLOTMENT);
  }

  private CompletableFuture<Reservation> reserved(String key, long permits, Duration maxWait) {
    Checks.agreement(parent == null, name + ": a limiter within another has no reservations");
    checked(key);
    checked(permits);
    Checks.duration("maxWait", maxWait, Duration.ZERO, longestWait);
    return engine.reserve(key, permits, maxWait);
  }

  /** Returns a future of the caller's own, which completes on the executor. */
  private <T> CompletableFuture<T> handedOver(CompletableFuture<T> inner, Consumer<T> unwanted) {
    if (inner.isDone()) {
      return inner;
    }
    var result = new CompletableFuture<T>();
    handover.follow(inner, result, unwanted);
    return result;
  }

  private Decision decideNow(KeyCell cell, long cost, long calls) {
    try {
      return engine.decideNow(cell, cost, calls);
    } catch (InterruptedException e) {
      throw interrupted();
    }
  }

  private CancellationException interrupted() {
    Thread.currentThread().interrupt();
    return new CancellationException(name + ": interrupted while waiting for Redis");
  }

  private <T> T await(CompletableFuture<T> future, Consumer<T> undo) {
    try {
      return future.get();
    } catch (InterruptedException e) {
      future.thenAccept(undo);
      throw interrupted();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RateLimitedException refused) {
        throw refused;
      }
      throw new IllegalStateException(name + ": a decision failed", e.getCause());
    }
  }

  /** A limiter that this one is within, and the key it has there. */
  record Parent(RateLimiter limiter, String key) {}

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
    if (Checks.hasLoneSurrogate(key)) {
      throw new IllegalArgumentException(name + ": key must not hold half a character");
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
