package dev.scaling.concurrency.collapse;

import dev.scaling.core.Time;
import dev.scaling.core.internal.Checks;
import dev.scaling.core.internal.Threads;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import org.jspecify.annotations.Nullable;

/**
 * What every part of a component needs to know.
 *
 * @param owned the executor, if it ends with the component
 */
record Common(String name, Executor executor, @Nullable ExecutorService owned, Time time) {

  private static final Duration SHORTEST = Duration.ofNanos(1);
  private static final Duration LONGEST = Duration.ofDays(365);

  static Common of(String name, @Nullable Executor given, Time time) {
    if (given != null) {
      return new Common(name, given, null, time);
    }
    var threads = Threads.create(name);
    return new Common(name, threads, threads, time);
  }

  static Duration timeout(Duration timeout) {
    return Checks.duration("timeout", timeout, SHORTEST, LONGEST);
  }

  <T> T notNull(@Nullable T value, String what) {
    if (value == null) {
      throw new NullPointerException(name + ": " + what + " must not be null");
    }
    return value;
  }

  void close() {
    if (owned != null) {
      owned.shutdown();
    }
  }
}
