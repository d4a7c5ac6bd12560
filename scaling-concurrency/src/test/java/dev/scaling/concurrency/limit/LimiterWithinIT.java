package dev.scaling.concurrency.limit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.core.redis.Redis;
import dev.scaling.testkit.RedisExtension;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Limiters within another: who hammers against its own limit leaves the others theirs. */
@Timeout(60)
final class LimiterWithinIT {

  private static final Duration PATIENCE = Duration.ofSeconds(30); // a busy machine is no fault

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.single();

  /** A tenant far above its own limit must not use up what all tenants share. */
  @Test
  void noisyTenant_doesNotStarveTheOthers() throws Exception {
    var threads = Executors.newCachedThreadPool();
    try (var redis = Redis.connect(servers.address());
        var whole = RateLimiter.builder("whole", redis)
            .limit("all", RateLimit.of(100, Duration.ofHours(1)))
            .redisTimeout(PATIENCE)
            .build();
        var noisy = RateLimiter.builder("noisy", redis)
            .limit("own", RateLimit.of(1, Duration.ofHours(1)))
            .redisTimeout(PATIENCE)
            .within(whole, "all")
            .build();
        var calm = RateLimiter.builder("calm", redis)
            .limit("own", RateLimit.of(50, Duration.ofHours(1)))
            .redisTimeout(PATIENCE)
            .within(whole, "all")
            .build()) {
      redis.ready(Duration.ofMinutes(1)).join();
      var all = new ArrayList<Future<?>>();
      for (int i = 0; i < 8; i++) {
        all.add(threads.submit(() -> {
          for (int call = 0; call < 500; call++) {
            noisy.tryAcquire("tenant");
          }
        }));
      }
      for (var each : all) {
        each.get();
      }
      int granted = 0;
      for (int i = 0; i < 50; i++) {
        granted += calm.tryAcquire("other").isPermitted() ? 1 : 0;
      }
      assertThat(granted).isGreaterThan(45);
    } finally {
      threads.shutdownNow();
    }
  }
}
