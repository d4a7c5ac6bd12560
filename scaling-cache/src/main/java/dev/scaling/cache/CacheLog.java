package dev.scaling.cache;

import dev.scaling.core.Time;
import java.lang.System.Logger.Level;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** Warns of a condition at most once a minute: an outage must not fill the disks too. */
final class CacheLog {

  private static final System.Logger LOGGER = System.getLogger(TieredCache.class.getName());
  private static final long PAUSE_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final String cache;
  private final Time time;
  private final ConcurrentHashMap<String, Long> lastNanos = new ConcurrentHashMap<>();

  CacheLog(String cache, Time time) {
    this.cache = cache;
    this.time = time;
  }

  /** Warns; {@code condition} is a constant sentence. */
  void warn(String condition, Throwable cause) {
    long now = time.nanoTime();
    Long last = lastNanos.get(condition);
    if (last != null && now - last < PAUSE_NANOS) {
      return;
    }
    lastNanos.put(condition, now);
    LOGGER.log(Level.WARNING, cache + ": " + condition + ": " + cause);
  }
}
