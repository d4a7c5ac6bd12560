package dev.scaling.concurrency.limit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.scaling.concurrency.limit.Decision.Source;
import dev.scaling.core.redis.Redis;
import dev.scaling.testkit.VirtualTime;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is refused, and in which words. */
final class RateLimiterBuilderTest {

  private static final RateLimit LIMIT = RateLimit.perSecond(10);

  @ParameterizedTest
  @MethodSource
  void settings_sayTheirNameRangeAndValue(String message, Consumer<RateLimiterBuilder> setting) {
    assertThatThrownBy(() -> setting.accept(RateLimiter.local("test").limit("api", LIMIT)))
        .isInstanceOfAny(
            IllegalArgumentException.class, NullPointerException.class, IllegalStateException.class)
        .hasMessage(message);
  }

  static Stream<Arguments> settings_sayTheirNameRangeAndValue() {
    return Stream.of(
        refused("limit must not be added twice: api", b -> b.limit("api", LIMIT)),
        refused(
            "limit must be 1 to 64 of A-Z a-z 0-9 . _ - and begin with a letter or digit: \"a b\"",
            b -> b.limit("a b", LIMIT)),
        refused("limits must be in [1, 8]: 9", b -> {
          for (int i = 0; i < 8; i++) {
            b.limit("limit" + i, LIMIT);
          }
        }),
        refused(
            "redisTimeout must be in [PT0.001S, PT1M]: PT0S", b -> b.redisTimeout(Duration.ZERO)),
        refused(
            "longestWait must be in [PT0S, PT24H]: PT-1S",
            b -> b.longestWait(Duration.ofSeconds(-1))),
        refused("maximumKeys must be in [1, 10000000]: 0", b -> b.maximumKeys(0)),
        refused("whenRedisFails", b -> b.whenRedisFails(none())),
        refused("allotment", b -> b.allotment(none())),
        refused("executor", b -> b.executor(none())),
        refused("time", b -> b.time(none())),
        refused("random", b -> b.random(none())),
        refused("openTelemetry", b -> b.openTelemetry(none())),
        refused("outer", b -> b.within(none(), "key")));
  }

  @Test
  void limits_sayWhatIsWrong() {
    assertIllegal("permits must be in [1, 1000000000]: 0", () -> RateLimit.perSecond(0));
    assertIllegal("permits must be in [1, 1000000000]: -1", () -> RateLimit.perSecond(-1));
    assertIllegal(
        "permits must be in [1, 1000000000]: 9223372036854775807",
        () -> RateLimit.perSecond(Long.MAX_VALUE));
    assertIllegal(
        "a permit must cost at least 1/64 microsecond: 64000001 permits per PT1S",
        () -> RateLimit.perSecond(64_000_001));
    assertIllegal(
        "period must be in [PT0.000001S, PT8784H]: PT0S", () -> RateLimit.of(1, Duration.ZERO));
    assertIllegal("burst must be in [1, 1000000000]: 0", () -> LIMIT.withBurst(0));
    assertIllegal(
        "a burst must be refilled within PT8784H: 1000 at 1 permits per PT8784H",
        () -> RateLimit.of(1, Duration.ofDays(366)).withBurst(1_000));
    assertIllegal(
        "burst must be in [1, 5]: 6", () -> RateLimit.neverMoreThan(5, Duration.ofSeconds(1), 6));
  }

  @Test
  void agreements_areCheckedWhenBuilt() {
    assertThatExceptionOfType(IllegalStateException.class)
        .isThrownBy(() -> RateLimiter.local("test").build())
        .withMessage("test: at least one limit is needed");
    assertThatExceptionOfType(IllegalStateException.class)
        .isThrownBy(() -> RateLimiter.builder("test", nobody())
            .limit("api", RateLimit.perSecond(100).withBurst(20))
            .allotment(Allotment.strict(Duration.ofMillis(100)))
            .build())
        .withMessage("test: strict allotments for PT0.1S need a burst above 20 of limit api: 20");
  }

  @Test
  void calls_sayWhatIsWrong_andTakeNothing() {
    try (var limiter = local()) {
      assertIllegal(
          "test: permits must be in [1, 10], the smallest burst: 11",
          () -> limiter.tryAcquire("a", 11));
      assertIllegal(
          "test: permits must be in [1, 10], the smallest burst: 0",
          () -> limiter.reserve("a", 0, Duration.ZERO));
      assertIllegal(
          "mostPermits must be in [1, 2305843009213693951]: -5",
          () -> limiter.tryAcquireUpTo("a", -5));
      assertIllegal("test: key must have 1 to 1024 characters: 0", () -> limiter.tryAcquire(""));
      assertIllegal(
          "test: key must have 1 to 1024 characters: 1000000",
          () -> limiter.tryAcquire("x".repeat(1_000_000)));
      assertIllegal(
          "maxWait must be in [PT0S, PT1M]: PT1M1S",
          () -> limiter.acquire("a", 1, Duration.ofSeconds(61)));
      assertIllegal(
          "test: key must not hold half a character", () -> limiter.tryAcquire("a\uD800"));
      assertThatThrownBy(() -> limiter.tryAcquire(none())).hasMessage("test: key must not be null");
      assertThat(limiter.tryAcquireUpTo("a", 100).permits()).isEqualTo(10);
    }
  }

  @Test
  void closedLimiter_saysSo() {
    var limiter = local();
    limiter.close();
    limiter.close();

    assertThatExceptionOfType(IllegalStateException.class)
        .isThrownBy(() -> limiter.tryAcquire("a"))
        .withMessage("test: the limiter is closed");
    assertThat(limiter).hasToString("RateLimiter[test, closed, keys=0]");
  }

  @Test
  void headers_tellTheClient() {
    try (var limiter = RateLimiter.local("test")
        .limit("second", RateLimit.perSecond(2))
        .limit("hour", RateLimit.of(1_000, Duration.ofHours(1)))
        .time(new VirtualTime())
        .build()) {
      assertThat(limiter.headers(limiter.tryAcquire("a")))
          .isEqualTo(Map.of(
              "RateLimit-Policy", "\"second\";q=2;w=1, \"hour\";q=1000;w=3600",
              "RateLimit", "\"second\";r=1;t=1"));
      limiter.tryAcquire("a");
      assertThat(limiter.headers(limiter.tryAcquire("a")))
          .containsEntry("RateLimit", "\"second\";r=0;t=1")
          .containsEntry("Retry-After", "1");
    }
  }

  /** The second's would say that all is there again in a second. */
  @Test
  void headers_tellOfTheLimitThatHasTheFewestLeft() {
    try (var limiter = RateLimiter.local("test")
        .limit("second", RateLimit.perSecond(10))
        .limit("hour", RateLimit.of(5, Duration.ofHours(1)))
        .time(new VirtualTime())
        .build()) {
      var decision = limiter.tryAcquire("a");

      assertThat(decision.limitedBy()).isEqualTo("hour");
      assertThat(decision.remaining()).isEqualTo(4);
      assertThat(limiter.headers(decision)).containsEntry("RateLimit", "\"hour\";r=4;t=720");
    }
  }

  /** A window that may begin anywhere sees no more than it says, and no less in the long run. */
  @Test
  void neverMoreThan_holdsInEveryWindow() {
    for (long burst : new long[] {1, 3, 10}) {
      var time = new VirtualTime();
      var window = Duration.ofSeconds(1);
      var granted = new Envelope();
      try (var limiter = RateLimiter.local("test")
          .limit("api", RateLimit.neverMoreThan(10, window, burst))
          .time(time)
          .build()) {
        for (int i = 0; i < 20_000; i++) {
          if (limiter.tryAcquire("a").isPermitted()) {
            granted.add(time.nanoTime() / 1_000, 1);
          }
          time.advance(Duration.ofMillis(1));
        }
      }
      assertThat(granted.mostIn(window)).isEqualTo(10);
    }
  }

  @Test
  void tenantsWithinAWhole_giveBackWhatTheyDoNotUse() {
    var time = new VirtualTime();
    try (var whole = RateLimiter.local("whole")
            .limit("all", RateLimit.perSecond(5))
            .time(time)
            .build();
        var tenants = RateLimiter.local("tenants")
            .limit("each", RateLimit.perSecond(3))
            .within(whole, "all")
            .time(time)
            .build()) {
      for (int i = 0; i < 3; i++) {
        assertThat(tenants.tryAcquire("a").isPermitted()).isTrue();
      }
      assertThat(tenants.tryAcquire("a").limitedBy()).isEqualTo("each");
      assertThat(tenants.tryAcquire("b").isPermitted()).isTrue();
      assertThat(tenants.tryAcquire("b").isPermitted()).isTrue();
      var refused = tenants.tryAcquire("b");
      assertThat(refused.isPermitted()).isFalse();
      assertThat(refused.limitedBy()).isEqualTo("all");
      assertThat(refused.source()).isIn(Source.STORE, Source.REMEMBERED_REFUSAL);
    }
  }

  private static RateLimiter local() {
    return RateLimiter.local("test").limit("api", LIMIT).time(new VirtualTime()).build();
  }

  private static Redis nobody() {
    return (Redis) Proxy.newProxyInstance(
        Redis.class.getClassLoader(), new Class<?>[] {Redis.class}, (proxy, method, args) -> {
          throw new UnsupportedOperationException(method.getName());
        });
  }

  private static void assertIllegal(
      String message, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    assertThatExceptionOfType(IllegalArgumentException.class).isThrownBy(call).withMessage(message);
  }

  private static Arguments refused(String message, Consumer<RateLimiterBuilder> setting) {
    return Arguments.of(message, setting);
  }

  @SuppressWarnings({"NullAway", "TypeParameterUnusedInFormals"}) // that is the point
  private static <T> T none() {
    return null;
  }
}
