package dev.scaling.concurrency.semaphore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.scaling.core.redis.RedisCallException.Failure;
import dev.scaling.testkit.LogCapture;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.data.LongPointData;
import io.opentelemetry.sdk.testing.exporter.InMemoryMetricReader;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What an instance knows of its permits, in virtual time and with a Redis that the test plays. */
@Timeout(120)
final class DistributedSemaphoreTest {

  private final ScriptedRedis redis = new ScriptedRedis();

  @Test
  void permit_isLost_whenRedisHasNotConfirmedItForALease() {
    var semaphore = redis.semaphore(2);
    var permit = redis.acquire(semaphore);
    var lost = permit.lost();

    redis.time.advance(Duration.ofMillis(9_499));
    assertThat(permit.isValid()).isTrue();
    assertThat(lost).isNotDone();
    redis.time.advance(Duration.ofMillis(1));

    assertThat(permit.isValid()).isFalse();
    assertThat(lost).isCompleted();
    assertThat(permit.toString()).contains("ended");
    assertThat(semaphore.snapshot().lost()).isEqualTo(1);
    permit.close();
    assertThat(semaphore.snapshot().inUse()).isZero();
  }

  @Test
  void heartbeat_countsFromWhenItWasSent() {
    var semaphore = redis.semaphore(2);
    var permit = redis.acquire(semaphore);
    redis.time.advance(Duration.ofMillis(3_334)); // a third of the lease: the heartbeat
    redis.time.advance(Duration.ofSeconds(5));
    redis.answer(1, 0, 0);

    redis.time.advance(Duration.ofMillis(4_499));
    assertThat(permit.isValid()).isTrue();
    redis.time.advance(Duration.ofMillis(1));

    assertThat(permit.isValid()).isFalse();
  }

  @Test
  void redisThatKnowsOfFewer_takesTheLastOnes() {
    var semaphore = redis.semaphore(2);
    var first = redis.acquire(semaphore);
    var second = semaphore.acquireAsync(Duration.ofMinutes(1));
    redis.answer(2, 0, 0);
    redis.time.advance(Duration.ofMillis(3_334));

    redis.answer(1, 0, 0);

    assertThat(first.isValid()).isTrue();
    assertThat(second.join().isValid()).isFalse();
  }

  @Test
  void lostReply_isMendedByTheNextCall_withAbsoluteNumbers() {
    var semaphore = redis.semaphore(3);
    var waiting = semaphore.acquireAsync(Duration.ofMinutes(1));
    redis.fail();
    assertThat(semaphore.toString()).contains("Redis away");
    assertThat(semaphore.tryAcquire()).isEmpty();
    assertThat(redis.calls).hasSize(1);

    redis.time.advance(Duration.ofMillis(100));

    assertThat(redis.calls).hasSize(2);
    assertThat(redis.last().number()).isEqualTo(2);
    assertThat(redis.last().want()).isEqualTo(1);
    redis.answer(1, 0, 0);
    assertThat(waiting).isCompleted();
    assertThat(semaphore.toString()).doesNotContain("away");
  }

  @Test
  void redisThatRefuses_isNotCalledSilent() {
    var semaphore = redis.semaphore(3);
    var refused = semaphore.acquireAsync(Duration.ZERO);
    redis.fail(Failure.REJECTED);

    assertThatThrownBy(refused::join)
        .cause()
        .hasMessage("test: no permit within PT0S, and Redis refuses: simulated")
        .isInstanceOfSatisfying(
            PermitsExhaustedException.class, e -> assertThat(e.isRedisAway()).isTrue());
    assertThat(semaphore.toString()).contains(", Redis refuses, ");
    assertThat(semaphore.snapshot().isRedisAway()).isTrue();
  }

  @Test
  void log_tellsOfRedisThatIsAway_ofItsReturn_andOfLostPermits() {
    try (var captured = new LogCapture(DistributedSemaphore.class)) {
      var semaphore = redis.semaphore(2);
      redis.acquire(semaphore);
      redis.time.advance(Duration.ofMillis(3_334)); // a third of the lease: the heartbeat
      for (int i = 0; i < 5; i++) {
        redis.fail();
        redis.time.advance(Duration.ofMillis(100));
      }
      assertThat(semaphore.snapshot().isRedisAway()).isTrue();
      redis.time.advance(Duration.ofSeconds(6));
      redis.fail(Failure.REJECTED);
      redis.time.advance(Duration.ofMillis(100));
      semaphore.acquireAsync(Duration.ofMinutes(1));
      redis.time.advance(Duration.ofMillis(100));
      redis.answer(1, 0, 0);

      assertThat(semaphore.snapshot().isRedisAway()).isFalse();
      assertThat(captured.lines())
          .containsExactly(
              "WARNING test: Redis is away, no permits but the 1 held here: simulated",
              "WARNING test: permits lost: 1 now, 1 in all",
              "WARNING test: Redis refuses calls, no permits but the 0 held here: simulated",
              "INFO test: Redis is back",
              "INFO test: Redis refuses calls no longer");
    }
  }

  @Test
  void gauge_isOneWhileRedisIsAway() {
    var reader = InMemoryMetricReader.create();
    var provider = SdkMeterProvider.builder().registerMetricReader(reader).build();
    var semaphore =
        redis.semaphore(1, OpenTelemetrySdk.builder().setMeterProvider(provider).build());
    semaphore.acquireAsync(Duration.ofMinutes(1));
    assertThat(away(reader)).isZero();

    redis.fail();
    assertThat(away(reader)).isEqualTo(1);

    redis.time.advance(Duration.ofMillis(100));
    redis.answer(1, 0, 0);
    assertThat(away(reader)).isZero();
  }

  @Test
  void unknownMessagesAndReplies_doNoHarm() {
    var semaphore = redis.semaphore(1);
    redis.publish("\u0000?");
    var waiting = semaphore.acquireAsync(Duration.ofMinutes(1));
    redis.last().reply().complete(List.of("what?"));

    assertThat(waiting).isNotDone();
    redis.time.advance(Duration.ofMillis(100));
    redis.answer(1, 0, 0);
    assertThat(waiting).isCompleted();
  }

  private static long away(InMemoryMetricReader reader) {
    return reader.collectAllMetrics().stream()
        .filter(metric -> metric.getName().equals("scaling.concurrency.redis.away"))
        .flatMap(metric -> metric.getLongSumData().getPoints().stream())
        .mapToLong(LongPointData::getValue)
        .sum();
  }
}
