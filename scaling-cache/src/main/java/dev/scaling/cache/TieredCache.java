package dev.scaling.cache;

import dev.scaling.concurrency.internal.Flights;
import dev.scaling.core.internal.Threads;
import dev.scaling.core.redis.Redis;
import dev.scaling.core.telemetry.Telemetry;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A cache of two tiers in front of a source: a local one in the process, and Redis, which all
 * instances of a service share.
 *
 * <p>What it promises, as long as messages of Redis arrive:
 *
 * <ul>
 *   <li><b>Nothing stale stays.</b> Once an {@link #update} or {@link #invalidate} has returned and
 *       its message has arrived, no tier holds the old value, whatever loads were under way.
 *   <li><b>One load.</b> A missing key is loaded once in the process and once in the cluster; those
 *       who wait are woken by a message. An instance that dies while it loads is replaced when its
 *       lease ends.
 *   <li><b>Redis away is no error to a reader.</b> Reads then go to the loader, one at a time for
 *       each key and process, and keep nothing. An invalidation that cannot be delivered throws.
 *   <li><b>Bounded age.</b> A value is served for at most {@code ttl + local.ttl} after it was
 *       stored in Redis.
 * </ul>
 *
 * <p>A local hit costs no round trip, a remote hit one {@code GET}, a miss three commands and an
 * invalidation one.
 *
 * <p>Instances are safe for use by many threads. Blocking methods may be called on virtual threads;
 * asynchronous ones hold no thread while they wait, and complete on the cache's executor. Keys and
 * values must not be changed after they were handed over.
 */
public final class TieredCache<K, V> implements AutoCloseable {

  private final CacheParts<K, V> parts;
  private final @Nullable LocalTier<K, V> local;
  private final Lookups<K, V> lookups;
  private final Writes<K, V> writes;
  private final Executor executor;
  private final @Nullable ExecutorService owned;
  private final Redis.Subscription subscription;
  private final Telemetry telemetry;
  private volatile boolean closed;

  TieredCache(TieredCacheBuilder<K, V> builder, Loader<K, V> loader) {
    if (builder.executor == null) {
      var threads = Threads.create(builder.name);
      owned = threads;
      executor = threads;
    } else {
      owned = null;
      executor = builder.executor;
    }
    var naming = new Naming<>(builder.name, builder.prefix, builder.keys);
    var expiration = new Expiration(builder);
    var time = builder.time;
    local = builder.local == null
        ? null
        : new LocalTier<>(
            builder.local,
            expiration::localNanos,
            expiration::localNegativeNanos,
            time,
            builder.executor);
    parts = new CacheParts<>(
        builder.name,
        naming,
        new Envelope<>(builder.codec, builder.schema, builder.maximumValueBytes),
        local,
        new RemoteTier(builder.redis, builder.redisTimeout, naming.channel()),
        new RemoteGate(time),
        new Flights<>(builder.name
            + ": the loader of a key asked the cache for the same key, and would wait for itself"),
        new Waiters(time),
        new LoadRunner<>(builder.name, loader, executor, time, builder.loadTimeout),
        expiration,
        new Counters(),
        new CacheLog(builder.name, time),
        time,
        builder.lease,
        builder.loadTimeout,
        builder.cachesNegatives);
    lookups = new Lookups<>(parts);
    writes = new Writes<>(parts, builder.fence, builder.whenRedisFails);
    subscription = builder.redis.subscribe(naming.channel(), new Backplane<>(parts));
    telemetry = CacheMeters.register(builder.openTelemetry, builder.name, this::snapshot);
  }

  /**
   * Returns a builder that holds the defaults.
   *
   * @param name names the cache in keys, telemetry and messages: 1 to 64 letters, digits, dots,
   *     dashes and underscores
   * @param redis the Redis that all instances share; the cache does not close it
   * @param keys writes keys as text
   * @param codec writes values as bytes
   * @throws IllegalArgumentException if the name is not of that form
   */
  public static <K, V> TieredCacheBuilder<K, V> builder(
      String name, Redis redis, KeyCodec<K> keys, Codec<V> codec) {
    return new TieredCacheBuilder<>(name, redis, keys, codec);
  }

  /**
   * Returns the value of a key, loading it if neither tier has it. Blocks for as long as that
   * takes: at most {@code loadTimeout} for another instance's load, as long again for one of its
   * own if that one died or takes longer, and a few {@code redisTimeout}.
   *
   * <p>Right after the start of a process the connection to Redis may not stand yet, and a read may
   * go to the loader without leaving anything in Redis.
   *
   * @return {@code null} if the source has no value
   * @throws LoadFailedException if the loader failed or took too long, or the executor refused or
   *     lost a step
   * @throws CancellationException if the thread was interrupted; its flag is set again
   * @throws IllegalStateException if the cache is closed, or its loader asks it for the key that it
   *     is loading
   */
  public @Nullable V get(K key) {
    if (local != null) {
      Object entry = local.get(notNull(key, "key"));
      if (entry != null) {
        return local.value(entry);
      }
    }
    checkOpen();
    var steps = new CallerRuns(executor, parts.time());
    return lookups.await(lookups.fly(notNull(key, "key"), steps), steps);
  }

  /**
   * Returns the value of a key as {@link #get} does, without blocking. The future completes on the
   * cache's executor, or at once from the local tier; to cancel it leaves the load alone.
   */
  public CompletableFuture<@Nullable V> getAsync(K key) {
    if (local != null) {
      Object entry = local.get(notNull(key, "key"));
      if (entry != null) {
        return CompletableFuture.completedFuture(local.value(entry));
      }
    }
    checkOpen();
    return handedOver(lookups.fly(notNull(key, "key"), executor));
  }

  /**
   * Returns the values of many keys, loading in one bulk load what neither tier has. Blocks as
   * {@link #get} does. One {@code MGET} and, if something is missing, two scripts; on a cluster
   * each of them once a slot, and scripts once for each 256 keys. All that is missing is loaded
   * within one {@code loadTimeout}, one key after the other unless the loader has a bulk load
   * ({@link Loader#of}).
   *
   * @return the values found, in the order of the keys; a key without a value is left out
   * @throws LoadFailedException if the load of any key failed or took too long
   */
  public Map<K, V> getAll(Collection<? extends K> keys) {
    var steps = new CallerRuns(executor, parts.time());
    try {
      return lookups.await(lookups.fly(checked(keys), steps), steps);
    } finally {
      steps.leave(); // others may follow what was started before a key was refused
    }
  }

  /** Returns the values of many keys as {@link #getAll} does, without blocking. */
  public CompletableFuture<Map<K, V>> getAllAsync(Collection<? extends K> keys) {
    var held = lookups.fly(checked(keys), executor);
    return handedOver(Lookups.allOf(held).thenApply(done -> Lookups.found(held)));
  }

  /**
   * Stores a value in Redis and drops every local copy of what was there. Blocks for two round
   * trips.
   *
   * <p>Use it only where the writes of a key take turns, under a lock or a transaction that lasts
   * until this method returns: of two that overlap, the older may stay. {@link #update} bears any
   * number of writers. While an update of the key is under way nothing is stored.
   *
   * @throws InvalidationFailedException if Redis did not say that the old value is gone. Once it
   *     is, a value that could not be stored is no error: the next read loads it
   * @throws IllegalArgumentException if the value cannot be encoded or is too large; the key is
   *     invalidated then
   */
  public void put(K key, V value) {
    checkOpen();
    Futures.await(parts.name(), writes.put(notNull(key, "key"), notNull(value, "value")));
  }

  /** Stores a value as {@link #put} does, without blocking. */
  public CompletableFuture<@Nullable Void> putAsync(K key, V value) {
    checkOpen();
    return handedOver(writes.put(notNull(key, "key"), notNull(value, "value")));
  }

  /**
   * Drops a key from every tier of every instance. To be called after the write to the source has
   * committed. Blocks for one round trip.
   *
   * <p>A process that dies between its write and this call leaves the old value until its time to
   * live ends; {@link #update} does not.
   *
   * @throws InvalidationFailedException if it was not delivered; this instance has dropped its copy
   */
  public void invalidate(K key) {
    invalidateAll(List.of(notNull(key, "key")));
  }

  /** Drops a key as {@link #invalidate} does, without blocking. */
  public CompletableFuture<@Nullable Void> invalidateAsync(K key) {
    return invalidateAllAsync(List.of(notNull(key, "key")));
  }

  /**
   * Drops many keys from every tier of every instance. Blocks for one round trip for each 256 keys
   * of a slot, all under way at once.
   *
   * @throws InvalidationFailedException if any of them was not delivered; says how many
   */
  public void invalidateAll(Collection<? extends K> keys) {
    Futures.await(parts.name(), writes.invalidate(checked(keys)));
  }

  /** Drops many keys as {@link #invalidateAll} does, without blocking. */
  public CompletableFuture<@Nullable Void> invalidateAllAsync(Collection<? extends K> keys) {
    return handedOver(writes.invalidate(checked(keys)));
  }

  /**
   * Writes to the source behind a fence, and drops the key from every tier of every instance. Any
   * number of writers may update a key at once, and any of them may die at any step: no old value
   * stays. Blocks for two round trips and the write, which runs on the calling thread.
   *
   * <p>While it runs, readers of the key load it and store nothing.
   *
   * @param write commits before it returns; if it throws, the key is dropped all the same, since
   *     the source may have been written
   * @return what the write returned, and whether the fence is known to have stood all the time
   * @throws X what the write throws
   * @throws InvalidationFailedException before the write if Redis cannot be told that it begins
   *     (unless {@code whenRedisFails} says otherwise); after it, {@code isSourceWritten()}, if
   *     Redis did not confirm that nothing old is left. Mostly the fence still stands then, and
   *     keeps the key uncached until it ends; if Redis lost it during the write, an old value may
   *     stay
   */
  public <R extends @Nullable Object, X extends Exception> Written<R> update(
      K key, SourceWrite<R, X> write) throws X {
    checkOpen();
    notNull(write, "write");
    var begun = writes.begin(notNull(key, "key"));
    Writes<K, V>.Fence fence;
    try {
      fence = Futures.await(parts.name(), begun);
    } catch (CancellationException e) {
      begun.thenAccept(writes::end); // or the fence would be renewed for ever
      throw e;
    }
    R result;
    try {
      result = write.write();
    } catch (Throwable e) {
      try {
        Futures.now(writes.end(fence));
      } catch (RuntimeException undelivered) {
        e.addSuppressed(undelivered);
      }
      throw e;
    }
    return new Written<>(result, Futures.now(writes.end(fence)));
  }

  /**
   * Writes to the source as {@link #update} does, without blocking.
   *
   * @param write starts the write, on the cache's executor; its stage completes after the commit,
   *     and is not {@code null}
   */
  public <R extends @Nullable Object> CompletableFuture<Written<R>> updateAsync(
      K key, Supplier<? extends CompletionStage<R>> write) {
    checkOpen();
    notNull(write, "write");
    return handedOver(writes
        .begin(notNull(key, "key"))
        .thenCompose(fence -> Futures.<R>started(parts.name(), write, executor)
            .handle((result, failure) -> lift(fence, result, failure))
            .thenCompose(lifted -> lifted)));
  }

  /** Returns the numbers since the cache was built. No round trip. */
  public CacheSnapshot snapshot() {
    var c = parts.counters();
    var stats = local == null ? null : local.stats();
    return new CacheSnapshot(
        stats == null ? 0 : stats.hitCount(),
        stats == null ? 0 : stats.missCount(),
        local == null ? 0 : local.size(),
        stats == null ? 0 : stats.evictionCount(),
        c.remoteHits.sum(),
        c.remoteMisses.sum(),
        c.loads.sum(),
        c.loadFailures.sum(),
        c.leaseWaits.sum(),
        c.fillsRejected.sum(),
        c.notStored.sum(),
        c.unreadable.sum(),
        c.invalidationsSent.sum(),
        c.invalidationsFailed.sum(),
        c.invalidationsReceived.sum(),
        c.fencesLost.sum(),
        c.redisFailures.sum(),
        c.redisSkipped.sum());
  }

  /**
   * Ends the subscription, empties the local tier, and ends the threads that the cache started once
   * the loads under way are over. What is in Redis stays for the other instances. Updates under way
   * keep their fences as long as the port is open. Does nothing the second time.
   */
  @Override
  public void close() {
    closed = true;
    subscription.close();
    telemetry.close();
    if (local != null) {
      local.close();
    }
    if (owned != null) {
      owned.shutdown();
    }
  }

  @Override
  public String toString() {
    return "TieredCache["
        + parts.name()
        + (closed ? ", closed" : "")
        + (parts.gate().isOpen() ? "" : ", Redis away")
        + ", underWay="
        + parts.flights().size()
        + "]";
  }

  private <R extends @Nullable Object> CompletableFuture<Written<R>> lift(
      Writes<K, V>.Fence fence, R result, @Nullable Throwable failure) {
    var ended = writes.end(fence);
    if (failure == null) {
      return ended.thenApply(fenced -> new Written<>(result, fenced));
    }
    return ended
        .handle((fenced, undelivered) -> {
          if (undelivered != null) {
            Futures.unwrapped(failure).addSuppressed(Futures.unwrapped(undelivered));
          }
          return failure;
        })
        .thenCompose(CompletableFuture::failedFuture);
  }

  private <T extends @Nullable Object> CompletableFuture<T> handedOver(CompletableFuture<T> inner) {
    return Futures.handedOver(inner, executor);
  }

  private Collection<? extends K> checked(Collection<? extends K> keys) {
    checkOpen();
    var copy = new ArrayList<K>(notNull(keys, "keys")); // a lazy one may ask the cache for a key
    copy.forEach(key -> notNull(key, "key"));
    return copy;
  }

  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException(parts.name() + ": the cache is closed");
    }
  }

  private <T> T notNull(@Nullable T value, String what) {
    if (value == null) {
      throw new NullPointerException(parts.name() + ": " + what + " must not be null");
    }
    return value;
  }
}
