package dev.scaling.core.internal;

import dev.scaling.core.ScalingException;
import dev.scaling.core.Time;
import java.lang.System.Logger.Level;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * What a component says in the log: of each condition at most one warning a minute, since an
 * overload or an outage must not fill the disks too. Never keys or values.
 *
 * <p>Safe for use by many threads. It writes to the log, so do not call it under a lock.
 */
public final class ComponentLog {

  private static final long PAUSE_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final System.Logger logger;
  private final String name;
  private final Time time;
  private final ConcurrentHashMap<String, Long> lastNanos = new ConcurrentHashMap<>();
  private final Set<String> lasting = ConcurrentHashMap.newKeySet();

  /**
   * Creates the log of one component.
   *
   * @param component whose name is that of the logger
   * @param name begins each line
   */
  public ComponentLog(Class<?> component, String name, Time time) {
    logger = System.getLogger(component.getName());
    this.name = name;
    this.time = time;
  }

  /**
   * Warns of a condition, unless it did so in the last minute.
   *
   * @param condition a constant
   * @param detail what follows it in the line: no key, no value, no message that may hold one
   */
  public void warn(String condition, String detail) {
    long now = time.nanoTime();
    Long last = lastNanos.get(condition);
    if (last != null && now - last < PAUSE_NANOS) {
      return;
    }
    boolean isFirst = last == null
        ? lastNanos.putIfAbsent(condition, now) == null
        : lastNanos.replace(condition, last, now);
    if (isFirst) {
      lasting.add(condition);
      write(Level.WARNING, condition + detail);
    }
  }

  /** Says that a condition is over, if it was warned of since this was said last. */
  public void over(String condition, String message) {
    if (lasting.remove(condition)) {
      write(Level.INFO, message);
    }
  }

  /** Writes a line; a log that cannot take it must not stop what the line is about. */
  private void write(Level level, String line) {
    try {
      logger.log(level, name + ": " + line);
    } catch (Throwable e) { // there is nowhere left to say it
      return;
    }
  }

  /**
   * Returns what may be said of a failure: the message of one of ours, which holds no keys, else
   * its class.
   */
  public static String reason(Throwable failure) {
    return failure instanceof ScalingException
        ? String.valueOf(failure.getMessage())
        : failure.getClass().getName();
  }
}
