package dev.scaling.concurrency.limit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.concurrency.limit.RateLimiterBuilder.WhenRedisFails;
import dev.scaling.core.redis.Redis;
import dev.scaling.core.redis.RedisCallException.Failure;
import dev.scaling.testkit.VirtualTime;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What was granted without Redis, and when Redis hears of it. */
@Timeout(20)
final class LimiterDebtTest {

  private static final Duration ROUND_TRIP = Duration.ofMillis(50);

  private final VirtualTime time = new VirtualTime();
  private final Map<String, RateLimit> limits =
      new TreeMap<>(Map.of("api", RateLimit.perSecond(1).withBurst(10)));
  private final SimulatedRedis redis = new SimulatedRedis(time, new Random(1), 60e6, 1);
  private @Nullable Failure failure;
  private boolean throwsAtOnce;

  @Test
  void debtOfAnIdleKey_isPosted_onceAnotherKeyIsAnswered() {
    try (var limiter = limiter()) {
      grantWithoutRedis(limiter, "idle");
      failure = null;
      probe(limiter, "other");
      assertThat(remaining("idle")).isEqualTo(7);
    }
  }

  @Test
  void debtOfAnIdleKey_isPosted_onceRedisAnswersWithAnError() {
    try (var limiter = limiter()) {
      grantWithoutRedis(limiter, "idle");
      failure = Failure.REJECTED;
      probe(limiter, "other");
      assertThat(limiter.snapshot().isRedisAway()).isFalse();
      failure = null;
      time.advance(Duration.ofSeconds(2)); // the debt was refused too, and is tried again
      assertThat(remaining("idle")).isEqualTo(8); // one has come back since
    }
  }

  @Test
  void debtOfAKeyBeyondTheMost_isPosted_butOnlyOfAsManyKeys() {
    try (var limiter = limiter(b -> b.maximumKeys(1))) {
      grantWithoutRedis(limiter, "kept");
      grantWithoutRedis(limiter, "more");
      grantWithoutRedis(limiter, "too many");
      failure = null;
      probe(limiter, "other");
      assertThat(remaining("kept")).isEqualTo(7);
      assertThat(remaining("more")).isEqualTo(7);
      assertThat(remaining("too many")).isEqualTo(10);
      time.advance(Duration.ofSeconds(10));
      assertThat(limiter.snapshot().keys()).as("nothing is owed any more").isZero();
    }
  }

  /** A limit of a second has room for a fifth of it, one of an hour for all. */
  @Test
  void debtOfSeveralLimits_isTakenFromEachAsFarAsItHasRoom() {
    limits.put("api", RateLimit.perSecond(10));
    limits.put("hour", RateLimit.of(60, Duration.ofHours(1)));
    try (var limiter = limiter()) {
      grantWithoutRedis(limiter, "busy");
      for (int i = 0; i < 5; i++) {
        time.advance(Duration.ofSeconds(1));
        assertThat(limiter.tryAcquireAsync("busy", 10).join().isPermitted()).isTrue();
      }
      failure = null;
      probe(limiter, "other");
      time.advance(Duration.ofSeconds(1)); // the limit of a second is whole again
      assertThat(remaining("busy")).isEqualTo(60 - 53);
    }
  }

  @Test
  void debtsThatOverflow_areStillDebts() {
    try (var limiter = limiter(b -> b.whenRedisFails(WhenRedisFails.FAIL_OPEN))) {
      grantWithoutRedis(limiter, "greedy");
      for (int i = 0; i < 6; i++) {
        assertThat(limiter.tryAcquireUpTo("greedy", Long.MAX_VALUE / 4).isPermitted())
            .isTrue();
      }
      failure = null;
      probe(limiter, "other");
      assertThat(remaining("greedy")).isLessThanOrEqualTo(1);
    }
  }

  @Test
  void portThatThrowsAtOnce_stopsNoKey() {
    try (var limiter = limiter()) {
      throwsAtOnce = true;
      limiter.tryAcquireAsync("a", 1);
      throwsAtOnce = false;
      time.advance(Duration.ofSeconds(1));
      var decision = limiter.tryAcquireAsync("a", 1);
      time.advance(ROUND_TRIP);
      assertThat(decision.join().source()).isEqualTo(Decision.Source.STORE);
    }
  }

  private void grantWithoutRedis(RateLimiter limiter, String key) {
    failure = Failure.AMBIGUOUS;
    for (int i = 0; i < 3; i++) {
      assertThat(limiter.tryAcquireAsync(key, 1).join().isPermitted()).isTrue();
    }
    assertThat(limiter.snapshot().isRedisAway()).isTrue();
  }

  private void probe(RateLimiter limiter, String key) {
    time.advance(Duration.ofMillis(100));
    limiter.tryAcquireAsync(key, 1);
    time.advance(ROUND_TRIP);
    time.advance(ROUND_TRIP); // what is owed
  }

  /** Returns how many permits another instance finds. */
  private long remaining(String key) {
    try (var other = limiter()) {
      var decision = other.tryAcquireAsync(key, 1);
      time.advance(ROUND_TRIP);
      return decision.join().remaining() + 1;
    }
  }

  private RateLimiter limiter() {
    return limiter(settings -> {});
  }

  private RateLimiter limiter(Consumer<RateLimiterBuilder> settings) {
    redis.gcra = new Gcra(List.copyOf(limits.keySet()), List.copyOf(limits.values()));
    var builder = RateLimiter.builder("test", port()).executor(Runnable::run).time(time);
    limits.forEach(builder::limit);
    settings.accept(builder);
    return builder.build();
  }

  private Redis port() {
    var port = redis.port();
    return (Redis) Proxy.newProxyInstance(
        Redis.class.getClassLoader(), new Class<?>[] {Redis.class}, (proxy, method, args) -> {
          if (throwsAtOnce) {
            throw new IllegalStateException("broken port");
          }
          if (failure != null) {
            return CompletableFuture.failedFuture(SimulatedRedis.failure(failure));
          }
          try {
            return method.invoke(port, args);
          } catch (InvocationTargetException e) {
            throw e.getCause();
          }
        });
  }
}
