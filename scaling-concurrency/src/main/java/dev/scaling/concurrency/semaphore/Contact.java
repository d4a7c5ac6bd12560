package dev.scaling.concurrency.semaphore;

import dev.scaling.core.internal.ComponentLog;
import dev.scaling.core.internal.Section;
import dev.scaling.core.redis.RedisCallException;
import dev.scaling.core.redis.RedisCallException.Failure;
import org.jspecify.annotations.Nullable;

/**
 * What an instance knows of its Redis: whether the last call failed, and how. Guarded by the
 * section of its block; the log is written to after that.
 */
final class Contact {

  private static final String AWAY = "Redis is away";
  private static final String REFUSES = "Redis refuses calls";

  private final Section section;
  private final SemaphoreCounters counters;
  private final ComponentLog log;
  private @Nullable Throwable failure;

  Contact(DistributedSemaphoreBuilder builder, Section section, SemaphoreCounters counters) {
    this.section = section;
    this.counters = counters;
    log = new ComponentLog(DistributedSemaphore.class, builder.name, builder.time);
  }

  void answered() {
    if (failure != null) {
      failure = null;
      section.after(() -> {
        log.over(AWAY, "Redis is back");
        log.over(REFUSES, "Redis refuses calls no longer");
      });
    }
  }

  /** Notes that a call failed, while this instance held some permits. */
  void failed(Throwable cause, int held) {
    failure = cause;
    counters.redisFailures.increment();
    String condition = refuses(cause) ? REFUSES : AWAY;
    String detail = ", no permits but the " + held + " held here: " + ComponentLog.reason(cause);
    section.after(() -> log.warn(condition, detail));
  }

  /** Counts permits that were lost, and warns of them; not if there are none. */
  void lost(int number) {
    if (number > 0) {
      counters.lost.add(number);
      String detail = ": " + number + " now, " + counters.lost.sum() + " in all";
      section.after(() -> log.warn("permits lost", detail));
    }
  }

  /** Returns whether the last call did not fail. */
  boolean isGood() {
    return failure == null;
  }

  /** Returns how the last call failed, for {@code toString}; nothing if it did not. */
  String words() {
    var cause = failure;
    return cause == null ? "" : refuses(cause) ? ", Redis refuses" : ", Redis away";
  }

  /** Returns how the last call failed and why, or null if it did not. */
  @Nullable
  String trouble() {
    var cause = failure;
    return cause == null
        ? null
        : (refuses(cause) ? "Redis refuses: " : "Redis does not answer: ") + cause.getMessage();
  }

  private static boolean refuses(Throwable cause) {
    return cause instanceof RedisCallException call && call.failure() == Failure.REJECTED;
  }
}
