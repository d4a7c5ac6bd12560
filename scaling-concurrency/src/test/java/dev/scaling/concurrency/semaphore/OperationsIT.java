package dev.scaling.concurrency.semaphore;

import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.concurrency.limit.RateLimit;
import dev.scaling.concurrency.limit.RateLimiter;
import dev.scaling.core.redis.Redis;
import dev.scaling.testkit.RedisExtension;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What docs/operations.md does by hand in Redis. */
@Timeout(120)
final class OperationsIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.single();

  private static final Duration LONG = Duration.ofSeconds(30);

  @Test
  void permitsOfADeadInstance_areFreedByHand() {
    var port = connected();
    var portOfDead = connected();
    var dead = semaphore(portOfDead);
    var living = semaphore(port);
    dead.acquire(LONG);
    portOfDead.close();

    var blocks = list("HGETALL", "scaling:nightly:b:1:{nightly}");
    var leases = list("ZRANGE", "scaling:nightly:l:1:{nightly}", "0", "-1");
    assertThat(blocks)
        .contains("#", ">")
        .containsAll(leases)
        .anyMatch(
            field -> ((String) field).matches("1 \\d+")); // how many calls it took does not matter
    assertThat(leases).hasSize(1);
    assertThat(living.tryAcquire()).isEmpty();
    command("ZADD", "scaling:nightly:l:1:{nightly}", "XX", "0", (String) leases.get(0));
    assertThat(living.tryAcquire()).isPresent();

    living.close();
    dead.close();
    port.close();
  }

  @Test
  void keyOfALimiter_beginsAnewByHand() {
    var port = connected();
    var limit = RateLimit.of(2, Duration.ofHours(1));
    try (var limiter = RateLimiter.builder("tenants", port)
        .limit("each", limit)
        .redisTimeout(LONG)
        .build()) {
      limiter.tryAcquire("acme", 2);

      assertThat((Long) command("PTTL", "scaling:tenants:r:1:{acme}")).isGreaterThan(3_000_000);
      assertThat(command("DEL", "scaling:tenants:r:1:{acme}")).isEqualTo(1L);
      assertThat(list("ZRANGE", "scaling:tenants:m:1", "0", "-1")).hasSize(1);
    }
    try (var another = RateLimiter.builder("tenants", port)
        .limit("each", limit)
        .redisTimeout(LONG)
        .build()) {
      assertThat(another.tryAcquire("acme", 2).isPermitted()).isTrue();
    }
    port.close();
  }

  private static Redis connected() {
    var port = Redis.connect(servers.address());
    port.ready(LONG).join();
    return port;
  }

  private static DistributedSemaphore semaphore(Redis port) {
    return DistributedSemaphore.builder("nightly", port)
        .permits(1)
        .lease(Duration.ofMinutes(10))
        .redisTimeout(LONG)
        .build();
  }

  private static List<Object> list(String... command) {
    return List.copyOf((List<?>) command(command));
  }

  private static Object command(String... command) {
    return Objects.requireNonNull(servers.server().command(command));
  }
}
