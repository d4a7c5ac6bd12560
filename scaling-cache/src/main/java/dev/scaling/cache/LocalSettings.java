package dev.scaling.cache;

import dev.scaling.core.internal.Checks;
import java.time.Duration;
import java.util.function.ToIntBiFunction;
import org.jspecify.annotations.Nullable;

/** Settings of the local tier. */
public final class LocalSettings<K, V> {

  static final Duration LEAST_TTL = Duration.ofMillis(1);
  static final Duration MOST_TTL = Duration.ofDays(365);

  long maximumEntries = 10_000;
  long maximumWeight = -1;

  @Nullable
  ToIntBiFunction<? super K, ? super V> weigher;

  @Nullable
  Duration ttl;

  LocalSettings() {}

  /**
   * Bounds the tier by the number of its entries. The default is 10,000.
   *
   * @param maximumEntries from 1 to 1,000,000,000
   */
  public LocalSettings<K, V> maximumEntries(long maximumEntries) {
    this.maximumEntries = Checks.range("local.maximumEntries", maximumEntries, 1, 1_000_000_000);
    maximumWeight = -1;
    weigher = null;
    return this;
  }

  /**
   * Bounds the tier by the weight of its entries, in whatever unit the weigher counts, instead of
   * their number.
   *
   * @param maximumWeight from 1 to 2^62
   * @param weigher tells an entry's weight, not negative; a negative entry weighs 1; it runs under
   *     a lock of the tier, so it must be quick and must not call the cache
   */
  public LocalSettings<K, V> maximumWeight(
      long maximumWeight, ToIntBiFunction<? super K, ? super V> weigher) {
    this.maximumWeight = Checks.range("local.maximumWeight", maximumWeight, 1, 1L << 62);
    this.weigher = Checks.notNull(weigher, "weigher");
    return this;
  }

  /**
   * Sets how long the tier keeps a value that it took from Redis or from a load. It adds to the age
   * of a value: one is served for at most {@code ttl + local.ttl}. The default is a tenth of the
   * cache's {@code ttl}; jitter shortens it too.
   *
   * @param ttl from 1 millisecond to 365 days, and not longer than the cache's
   */
  public LocalSettings<K, V> ttl(Duration ttl) {
    this.ttl = Checks.duration("local.ttl", ttl, LEAST_TTL, MOST_TTL);
    return this;
  }
}
