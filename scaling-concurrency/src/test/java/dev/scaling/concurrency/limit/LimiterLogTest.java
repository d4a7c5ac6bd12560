package dev.scaling.concurrency.limit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.concurrency.limit.RateLimiterBuilder.WhenRedisFails;
import dev.scaling.testkit.LogCapture;
import dev.scaling.testkit.VirtualTime;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a limiter says of a Redis that is away, in virtual time. */
@Timeout(60)
final class LimiterLogTest {

  private static final Duration TIMEOUT = Duration.ofMillis(100);
  private static final Duration PAUSE = Duration.ofMillis(200);

  private final VirtualTime time = new VirtualTime();
  private final SimulatedRedis redis = new SimulatedRedis(time, new Random(1), 0, 3);
  private final LogCapture captured = new LogCapture(RateLimiter.class);

  @AfterEach
  void close() {
    captured.close();
  }

  @Test
  void redisAway_isToldOnceAMinute_andItsReturn() {
    var limiter = limiter(WhenRedisFails.LOCAL_SHARE);
    redis.isPaused = true;
    for (int i = 0; i < 20; i++) {
      ask(limiter);
    }
    assertThat(captured.lines())
        .containsExactly("WARNING test: Redis is away, each instance grants its share"
            + " (instances known: 3): simulated");
    assertThat(limiter.snapshot().isRedisAway()).isTrue();

    redis.resume();
    ask(limiter);
    ask(limiter);

    assertThat(captured.lines()).hasSize(2).last().isEqualTo("INFO test: Redis is back");
    assertThat(limiter.snapshot().isRedisAway()).isFalse();
  }

  @Test
  void whatIsDoneWithoutRedis_isToldForEachChoice() {
    var opens = limiter(WhenRedisFails.FAIL_OPEN);
    var closes = limiter(WhenRedisFails.FAIL_CLOSED);
    redis.isPaused = true;

    ask(opens);
    ask(closes);

    assertThat(captured.lines())
        .containsExactly(
            "WARNING test: Redis is away, all is granted (instances known: 3): simulated",
            "WARNING test: Redis is away, nothing is granted (instances known: 3): simulated");
  }

  @Test
  void failedHeartbeat_isCountedAndTold() {
    var limiter = limiter(WhenRedisFails.LOCAL_SHARE);
    redis.isPaused = true;

    time.advance(Duration.ofSeconds(16));

    assertThat(limiter.snapshot().redisFailures()).isEqualTo(1);
    assertThat(captured.lines())
        .containsExactly("WARNING test: this instance could not say that it is alive"
            + " (instances known: 3): simulated");
    redis.resume();
    time.advance(Duration.ofSeconds(16));
    assertThat(captured.lines())
        .last()
        .isEqualTo("INFO test: this instance is counted as alive again (instances known: 3)");
  }

  private void ask(RateLimiter limiter) {
    var asked = limiter.tryAcquireAsync("secret", 1);
    time.advance(PAUSE);
    assertThat(asked).isDone();
  }

  private RateLimiter limiter(WhenRedisFails mode) {
    var builder = RateLimiter.builder("test", redis.port())
        .limit("api", RateLimit.perSecond(10))
        .whenRedisFails(mode)
        .redisTimeout(TIMEOUT)
        .time(time)
        .random(new Random(1))
        .executor(Runnable::run);
    redis.gcra = new Gcra(builder.names, builder.kept());
    var limiter = builder.build();
    time.advance(PAUSE); // its first heartbeat
    return limiter;
  }
}
