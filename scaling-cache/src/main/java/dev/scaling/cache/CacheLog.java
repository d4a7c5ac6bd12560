package dev.scaling.cache;

import dev.scaling.core.Time;
import dev.scaling.core.internal.ComponentLog;

/** What a cache says in the log. */
final class CacheLog {

  private final ComponentLog log;

  CacheLog(String cache, Time time) {
    log = new ComponentLog(TieredCache.class, cache, time);
  }

  /**
   * Warns of a condition.
   *
   * @param condition a constant sentence
   * @param cause said by its class unless it is one of Redis: codecs and weighers put keys and
   *     values into their messages
   */
  void warn(String condition, Throwable cause) {
    log.warn(condition, ": " + ComponentLog.reason(cause));
  }
}
