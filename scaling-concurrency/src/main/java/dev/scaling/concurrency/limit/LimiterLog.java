package dev.scaling.concurrency.limit;

import dev.scaling.concurrency.limit.RateLimiterBuilder.WhenRedisFails;
import dev.scaling.core.internal.ComponentLog;
import dev.scaling.core.redis.RedisCallException;
import dev.scaling.core.redis.RedisCallException.Failure;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/** What a limiter says in the log of its Redis. */
final class LimiterLog {

  private static final String AWAY = "Redis is away";
  private static final String REFUSES = "Redis refuses calls";
  private static final String UNCOUNTED = "this instance could not say that it is alive";

  private final ComponentLog log;
  private final WhenRedisFails mode;
  private final IntSupplier instances;

  /**
   * Creates the log.
   *
   * @param instances how many instances are known
   */
  LimiterLog(RateLimiterBuilder builder, IntSupplier instances) {
    log = new ComponentLog(RateLimiter.class, builder.name, builder.time);
    mode = builder.whenRedisFails;
    this.instances = instances;
  }

  /** Warns that a call failed, and says what is done without Redis. */
  void failed(@Nullable Throwable failure) {
    boolean isAnswer =
        failure instanceof RedisCallException call && call.failure() == Failure.REJECTED;
    String instead = switch (mode) {
      case LOCAL_SHARE -> ", each instance grants its share";
      case FAIL_OPEN -> ", all is granted";
      case FAIL_CLOSED -> ", nothing is granted";
    };
    log.warn(isAnswer ? REFUSES : AWAY, instead + known() + reason(failure));
  }

  /** Says that Redis is back. */
  void back() {
    log.over(AWAY, "Redis is back");
  }

  /** Warns that the heartbeat failed, so that others may not count this instance. */
  void uncounted(Throwable failure) {
    log.warn(UNCOUNTED, known() + reason(failure));
  }

  /** Says that the heartbeat is answered again. */
  void counted() {
    log.over(UNCOUNTED, "this instance is counted as alive again" + known());
  }

  private String known() {
    return " (instances known: " + instances.getAsInt() + ")";
  }

  private static String reason(@Nullable Throwable failure) {
    return failure == null ? "" : ": " + ComponentLog.reason(failure);
  }
}
