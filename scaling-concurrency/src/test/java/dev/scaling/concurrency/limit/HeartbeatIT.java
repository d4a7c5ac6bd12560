package dev.scaling.concurrency.limit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.scaling.core.redis.Redis;
import dev.scaling.testkit.LogCapture;
import dev.scaling.testkit.RedisExtension;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What becomes of an instance that cannot say that it is alive. */
@Timeout(120)
final class HeartbeatIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.single();

  /** Nobody heard of it: with LOCAL_SHARE each instance then grants as if it were alone. */
  @Test
  void heartbeatThatRedisRefuses_isCountedAndLogged_withItsReason() {
    servers.server().command("SET", "scaling:test:m:1", "x");
    try (var captured = new LogCapture(RateLimiter.class);
        var redis = Redis.connect(servers.address())) {
      redis.ready(Duration.ofMinutes(1)).join();
      try (var limiter = RateLimiter.builder("test", redis)
          .limit("api", RateLimit.perSecond(10))
          .redisTimeout(Duration.ofSeconds(30)) // a busy machine is no fault
          .build()) {
        await().until(() -> !captured.lines().isEmpty());

        assertThat(captured.lines().get(0))
            .startsWith("WARNING test: this instance could not say that it is alive")
            .contains("(instances known: 1): Redis EVALSHA members (rejected): ", "WRONGTYPE")
            .doesNotContain("scaling:test");
        assertThat(limiter.snapshot().redisFailures()).isEqualTo(1);
        assertThat(limiter.snapshot().isRedisAway()).isFalse();
      }
    }
  }
}
