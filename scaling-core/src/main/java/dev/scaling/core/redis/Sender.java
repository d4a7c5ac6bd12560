package dev.scaling.core.redis;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.redisson.api.BatchOptions;
import org.redisson.api.options.ObjectParams;
import org.redisson.api.options.OptionalOptions;
import org.redisson.command.CommandAsyncExecutor;
import org.redisson.command.CommandBatchService;

/**
 * Makes what sends commands at most once: by default Redisson sends an unanswered one again, up to
 * four times.
 *
 * <p>{@link CommandBatchService} is what stands behind Redisson's public {@code RBatch}. That one
 * would read from a replica where the client's owner chose to, and has no {@code MGET}.
 */
final class Sender {

  /** Redisson's timers tick at 100 ms, so its timeout must be later than our deadline. */
  private static final long GRACE_MILLIS = 200;

  private static final long STEP_MILLIS = 256;

  private final CommandAsyncExecutor executor;
  private volatile @Nullable Alone last;

  Sender(CommandAsyncExecutor executor) {
    this.executor = executor;
  }

  CommandBatchService batch(long timeoutNanos) {
    return new CommandBatchService(
        executor,
        BatchOptions.defaults()
            .retryAttempts(0)
            .responseTimeout(redissonMillis(timeoutNanos), TimeUnit.MILLISECONDS));
  }

  /** Returns what sends one command, kept for the next: most calls have the same timeout. */
  CommandAsyncExecutor alone(long timeoutNanos) {
    long millis = redissonMillis(timeoutNanos);
    var kept = last;
    if (kept == null || kept.timeoutMillis != millis) {
      var options = OptionalOptions.defaults().retryAttempts(0).timeout(Duration.ofMillis(millis));
      kept = new Alone(millis, executor.copy((ObjectParams) options));
      last = kept;
    }
    return kept.executor;
  }

  /** Rounds up, so that deadlines a little apart share one executor. */
  private static long redissonMillis(long timeoutNanos) {
    long millis = TimeUnit.NANOSECONDS.toMillis(timeoutNanos) + GRACE_MILLIS;
    return (millis + STEP_MILLIS - 1) / STEP_MILLIS * STEP_MILLIS;
  }

  private record Alone(long timeoutMillis, CommandAsyncExecutor executor) {}
}
