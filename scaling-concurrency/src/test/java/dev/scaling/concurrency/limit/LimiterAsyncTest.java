package dev.scaling.concurrency.limit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.core.redis.Redis;
import dev.scaling.testkit.VirtualTime;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Asynchronous calls, their executors, and callers who leave. */
@Timeout(20)
final class LimiterAsyncTest {

  private final VirtualTime time = new VirtualTime();
  private final RateLimit limit = RateLimit.perSecond(10).withBurst(1);
  private final SimulatedRedis redis = new SimulatedRedis(time, new Random(1), 60e6, 1);

  @Test
  void cancelledReserveAsync_takesNoPlaceInTheLine() {
    try (var limiter = limiter(Runnable::run)) {
      var first = limiter.reserveAsync("a", 1, Duration.ofSeconds(1));
      time.advance(Duration.ofMillis(50));
      assertThat(first).isCompleted();
      var gone = limiter.reserveAsync("a", 1, Duration.ofSeconds(1));
      gone.cancel(false);
      time.advance(Duration.ofMillis(40));

      var next = limiter.reserveAsync("a", 1, Duration.ofSeconds(1));
      time.advance(Duration.ofMillis(40));

      assertThat(next.join().isReady()).isTrue(); // 100 ms after the first one
    }
  }

  @Test
  void executorThatRefuses_losesNoDecision() {
    try (var limiter = limiter(task -> {
      throw new RejectedExecutionException();
    })) {
      var decision = limiter.tryAcquireAsync("a", 1);
      time.advance(Duration.ofMillis(50));

      assertThat(decision.isCompletedExceptionally()).isFalse();
      assertThat(decision.join().isPermitted()).isTrue();
    }
  }

  private RateLimiter limiter(Executor executor) {
    return limiter(redis.port(), executor);
  }

  private RateLimiter limiter(Redis port, Executor executor) {
    redis.gcra = new Gcra(List.of("api"), List.of(limit));
    return RateLimiter.builder("test", port)
        .limit("api", limit)
        .executor(executor)
        .time(time)
        .build();
  }
}
