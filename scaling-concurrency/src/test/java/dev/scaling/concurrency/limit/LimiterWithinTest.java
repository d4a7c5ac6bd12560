package dev.scaling.concurrency.limit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.testkit.VirtualTime;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a limiter within another costs, in virtual time. */
@Timeout(60)
final class LimiterWithinTest {

  private static final RateLimit WHOLE = RateLimit.perSecond(1_000);
  private static final RateLimit TENANT = RateLimit.perSecond(500);

  private final VirtualTime time = new VirtualTime();
  private final SimulatedRedis redisOfWhole = redis("all", WHOLE);
  private final SimulatedRedis redisOfTenants = redis("each", TENANT);

  /** A tenant in one slot and the whole in another; the outer permits are here already. */
  @Test
  void callWithinALimiterWithAllotments_costsOneRoundTrip() {
    var builder = RateLimiter.builder("whole", redisOfWhole.port())
        .limit("all", WHOLE)
        .allotment(Allotment.adaptive(Duration.ofMillis(100)));
    try (var whole = ready(builder);
        var tenants = ready(RateLimiter.builder("tenants", redisOfTenants.port())
            .limit("each", TENANT)
            .within(whole, "all"))) {
      call(tenants, 200); // until the size of the allotments is known
      int before = redisOfWhole.calls;
      int beforeOfTenants = redisOfTenants.calls;

      assertThat(call(tenants, 400)).isEqualTo(400);

      assertThat(redisOfTenants.calls - beforeOfTenants).isBetween(400, 402);
      assertThat(redisOfWhole.calls - before).isLessThan(400 / 8);
    }
  }

  /** The control: without allotments a call asks for the one and then for the other. */
  @Test
  void callWithinALimiterWithoutAllotments_costsTwo() {
    try (var whole = ready(RateLimiter.builder("whole", redisOfWhole.port()).limit("all", WHOLE));
        var tenants = ready(RateLimiter.builder("tenants", redisOfTenants.port())
            .limit("each", TENANT)
            .within(whole, "all"))) {
      int before = redisOfWhole.calls;

      assertThat(call(tenants, 400)).isEqualTo(400);

      assertThat(redisOfWhole.calls - before).isGreaterThanOrEqualTo(400);
    }
  }

  /** Calls every 5 ms, and returns how many were granted. */
  private int call(RateLimiter limiter, int times) {
    var granted = new AtomicInteger();
    for (int i = 0; i < times; i++) {
      limiter.tryAcquireAsync("tenant", 1).thenAccept(decision -> {
        if (decision.isPermitted()) {
          granted.incrementAndGet();
        }
      });
      time.advance(Duration.ofMillis(5));
    }
    return granted.get();
  }

  private RateLimiter ready(RateLimiterBuilder builder) {
    return builder.executor(Runnable::run).time(time).build();
  }

  private SimulatedRedis redis(String limit, RateLimit of) {
    var redis = new SimulatedRedis(time, new Random(1), 60e6, 1);
    redis.gcra = new Gcra(List.of(limit), List.of(of));
    redis.mostDelayMicros = 1_000;
    return redis;
  }
}
