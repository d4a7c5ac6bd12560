package dev.scaling.concurrency.limit;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.scaling.concurrency.limit.Decision.Source;
import dev.scaling.core.redis.LuaScript;
import dev.scaling.core.redis.Redis;
import dev.scaling.testkit.VirtualTime;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A Redis that answers with anything, or not at all, and callers who are interrupted meanwhile. */
@Timeout(60)
final class LimiterHostileTest {

  /** To a debt, of which no calls are granted, and a call. */
  private static final List<Object> RIGHT = List.of(1_000_000L, new byte[8], 0L, 1L);

  private final VirtualTime time = new VirtualTime();
  private CompletableFuture<List<Object>> answer = new CompletableFuture<>();

  @ParameterizedTest
  @MethodSource
  void unknownReply_isDecidedWithoutRedis_andStopsNoKey(List<Object> reply) {
    answer = CompletableFuture.completedFuture(reply);
    try (var limiter = limiter()) {
      assertThat(limiter.tryAcquire("a").source()).isEqualTo(Source.FALLBACK);
      time.advance(Duration.ofMillis(100));
      assertThat(limiter.reserve("a", 1, Duration.ZERO).isReady()).isTrue();

      answer = CompletableFuture.completedFuture(RIGHT);
      time.advance(Duration.ofMillis(100));

      assertThat(limiter.tryAcquire("a").source()).isEqualTo(Source.STORE);
    }
  }

  static Stream<List<Object>> unknownReply_isDecidedWithoutRedis_andStopsNoKey() {
    return Stream.of(
        List.of(),
        List.of("what?"),
        List.of(1L),
        List.of(1L, new byte[8]),
        List.of(1L, new byte[7], 1L),
        List.of(1L, "12345678", 1L),
        List.of("1".getBytes(US_ASCII), new byte[8], 1L),
        List.of(1L, new byte[8], "1"));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void callInterruptedWhileItWaitsForRedis_keepsTheFlag(boolean isReservation) throws Exception {
    try (var limiter = limiter()) {
      var flag = new CompletableFuture<Boolean>();
      var caller = new Thread(() -> {
        assertThatExceptionOfType(CancellationException.class)
            .isThrownBy(() -> {
              if (isReservation) {
                limiter.reserve("a", 1, Duration.ZERO);
              } else {
                limiter.tryAcquire("a");
              }
            })
            .withMessage("test: interrupted while waiting for Redis");
        flag.complete(Thread.currentThread().isInterrupted());
      });
      caller.start();
      while (caller.getState() != Thread.State.WAITING) {
        Thread.onSpinWait();
      }

      caller.interrupt();
      caller.join();

      assertThat(flag).isCompletedWithValue(true);
    }
  }

  @Test
  void closedLimiter_refusesEveryVerb() {
    var limiter = limiter();
    limiter.close();

    for (Runnable call : List.<Runnable>of(
        () -> limiter.tryAcquire("a"),
        () -> limiter.tryAcquireAsync("a", 1),
        () -> limiter.tryAcquireUpTo("a", 1),
        () -> limiter.acquire("a", 1, Duration.ZERO),
        () -> limiter.reserve("a", 1, Duration.ZERO),
        () -> limiter.reserveAsync("a", 1, Duration.ZERO))) {
      assertThatExceptionOfType(IllegalStateException.class)
          .isThrownBy(call::run)
          .withMessage("test: the limiter is closed");
    }
    assertThat(time.pending()).isZero();
  }

  private RateLimiter limiter() {
    var port = (Redis) Proxy.newProxyInstance(
        Redis.class.getClassLoader(),
        new Class<?>[] {Redis.class},
        (proxy, method, args) -> ((LuaScript) args[0]).name().equals("members")
            ? CompletableFuture.completedFuture(List.of())
            : answer);
    return RateLimiter.builder("test", port)
        .limit("api", RateLimit.perSecond(10))
        .executor(Runnable::run)
        .time(time)
        .build();
  }
}
