package dev.scaling.cache;

import java.time.Duration;
import java.util.random.RandomGenerator;

/** Draws times to live: each a random share shorter than what was set, and never longer. */
final class Expiration {

  private final Duration ttl;
  private final Duration negativeTtl;
  private final Duration localTtl;
  private final Duration localNegativeTtl;
  private final double jitterRatio;
  private final RandomGenerator random;

  Expiration(TieredCacheBuilder<?, ?> builder) {
    ttl = builder.ttl;
    negativeTtl = builder.negativeTtl();
    var local = builder.local;
    localTtl = local != null && local.ttl != null ? local.ttl : ttl.dividedBy(10);
    Duration tenth = negativeTtl.dividedBy(10);
    localNegativeTtl = tenth.compareTo(localTtl) < 0 ? tenth : localTtl;
    jitterRatio = builder.jitterRatio;
    random = builder.random;
  }

  long remoteMillis(boolean negative) {
    return Math.max(1, shortened((negative ? negativeTtl : ttl).toMillis()));
  }

  long localNanos() {
    return shortened(localTtl.toNanos());
  }

  long localNegativeNanos() {
    return shortened(localNegativeTtl.toNanos());
  }

  /**
   * Returns the time after which nothing serves a value any more that was loaded now. Counts a
   * local tier even if this instance has none: another may, and this one cannot know.
   */
  Duration longest() {
    return ttl.plus(localTtl);
  }

  private long shortened(long length) {
    return length - (long) (length * jitterRatio * random.nextDouble());
  }
}
