package dev.scaling.cache;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import com.github.benmanes.caffeine.cache.stats.CacheStats;
import dev.scaling.core.Time;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.LongSupplier;
import java.util.function.ToIntBiFunction;
import org.jspecify.annotations.Nullable;

/** The tier in the process: Caffeine, and the epochs that keep old values out of it. */
final class LocalTier<K, V> {

  /*
   * A value that was read before an invalidation must not be stored after it. So every key belongs
   * to one of STRIPES epochs; who reads takes the epoch before the read and stores only if it has
   * not changed, and an invalidation raises the epoch first and removes the entry then [1].
   *
   * Check and store are one step: the check runs inside Caffeine's compute, and the removal waits
   * for it on the same entry. Clearing has no entry to wait on, so it excludes stores by a lock.
   *
   * Nothing is stored before the instance hears invalidations for the first time (see open). When it
   * hears them again after a lost connection, everything is dropped.
   *
   * [1] the idea of "caching in progress" placeholders,
   *     https://redis.io/docs/latest/develop/reference/client-side-caching/
   */

  /** Stands for the knowledge that the source has no value. */
  static final Object NONE = new Object();

  private static final int STRIPES = 1_024;

  private final Cache<K, Object> entries;
  private final AtomicLongArray epochs = new AtomicLongArray(STRIPES);
  private final ReentrantReadWriteLock clearing = new ReentrantReadWriteLock();
  private volatile boolean open;
  private volatile boolean closed;

  LocalTier(
      LocalSettings<K, V> settings,
      LongSupplier ttlNanos,
      LongSupplier negativeTtlNanos,
      Time time,
      @Nullable Executor executor) {
    var builder = Caffeine.newBuilder()
        .recordStats()
        .ticker(time::nanoTime)
        .expireAfter(Expiry.<K, Object>writing((key, value) ->
            Duration.ofNanos(value == NONE ? negativeTtlNanos.getAsLong() : ttlNanos.getAsLong())));
    if (executor != null) {
      builder.executor(executor);
    }
    entries = bound(builder, settings);
  }

  private Cache<K, Object> bound(Caffeine<K, Object> builder, LocalSettings<K, V> settings) {
    var weigher = settings.weigher;
    if (weigher == null) {
      return builder.maximumSize(settings.maximumEntries).build();
    }
    return builder
        .maximumWeight(settings.maximumWeight)
        .weigher((K key, Object entry) -> weight(weigher, key, entry))
        .build();
  }

  private int weight(ToIntBiFunction<? super K, ? super V> weigher, K key, Object entry) {
    V value = value(entry);
    return value == null ? 1 : weigher.applyAsInt(key, value);
  }

  /** Returns the value, {@link #NONE}, or {@code null} if the tier has neither. */
  @Nullable
  Object get(K key) {
    return entries.getIfPresent(key);
  }

  /** Returns what a later {@link #offer} must show; to be taken before the read. */
  long epoch(K key) {
    return epochs.get(stripe(key));
  }

  /** Stores a value, unless the key was invalidated since {@code epoch} was taken. */
  void offer(K key, @Nullable V value, long epoch) {
    if (!open || epoch(key) != epoch) {
      return;
    }
    Object entry = value == null ? NONE : value;
    clearing.readLock().lock();
    try {
      entries.asMap().compute(key, (same, old) -> open && epoch(same) == epoch ? entry : null);
    } finally {
      clearing.readLock().unlock();
    }
  }

  void invalidate(K key) {
    epochs.incrementAndGet(stripe(key));
    entries.invalidate(key);
  }

  /** Drops everything. */
  void clear() {
    clearing.writeLock().lock();
    try {
      for (int i = 0; i < STRIPES; i++) {
        epochs.incrementAndGet(i);
      }
    } finally {
      clearing.writeLock().unlock();
    }
    entries.invalidateAll();
  }

  /** Lets values in from now on: invalidations are heard. */
  void open() {
    open = true;
    if (closed) { // a subscription may stand just when the cache is closed
      open = false;
    }
  }

  /** Drops everything, for good. */
  void close() {
    closed = true;
    open = false;
    clear();
  }

  CacheStats stats() {
    return entries.stats();
  }

  long size() {
    return entries.estimatedSize();
  }

  /** Returns the value that an entry stands for, or {@code null} for {@link #NONE}. */
  @SuppressWarnings("unchecked") // entries are values of V, but for NONE
  @Nullable
  V value(Object entry) {
    return entry == NONE ? null : (V) entry;
  }

  private static int stripe(Object key) {
    int hash = key.hashCode() * 0x9E3779B9; // spreads keys that differ in their low bits alone
    return hash >>> (Integer.SIZE - 10);
  }
}
