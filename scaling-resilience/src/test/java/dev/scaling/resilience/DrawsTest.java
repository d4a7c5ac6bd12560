package dev.scaling.resilience;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.scaling.core.redis.RedisCallException.Failure;
import dev.scaling.testkit.LogCapture;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** When a shared budget turns to Redis, and what it makes of what comes back. */
final class DrawsTest {

  private static final Offset<Double> EXACTLY = within(1e-6);
  private static final Duration PAUSE = Duration.ofMillis(100);

  private final ScriptedPool pool = new ScriptedPool();

  /** A share of 4, and a pool of 36. */
  private final RetryBudget budget = pool.builder().burst(40).instances(5).build();

  @Test
  void budget_isEmptyAtFirst_andASuccessCostsNoCall() {
    assertThat(budget.tryWithdraw(1)).isNull();

    pool.time.advance(Duration.ofHours(1));
    succeed(1_000_000);

    assertThat(budget.balance()).isEqualTo(4, EXACTLY);
    assertThat(budget).hasToString("RetryBudget[orders, 4.0 of 4.0 tokens here]");
    assertThat(pool.calls).isEmpty();
  }

  @Test
  void redis_isAsked_onceFor25Retries_andNotAtOnce() {
    pool.time.advance(PAUSE);
    ask(24);
    assertThat(pool.calls).isEmpty();
    ask(1);
    assertThat(pool.calls).hasSize(1);

    pool.last().answer(0);
    pool.time.advance(PAUSE.minusNanos(1));
    ask(100);
    assertThat(pool.calls).hasSize(1);
    pool.time.advance(Duration.ofNanos(1));
    ask(1);
    assertThat(pool.calls).hasSize(2);
  }

  @Test
  void whoRarelyRetries_asksOnceInTenSeconds() {
    pool.time.advance(Duration.ofSeconds(10).minusNanos(1));
    ask(1);
    assertThat(pool.calls).isEmpty();

    pool.time.advance(Duration.ofNanos(1));
    ask(1);
    assertThat(pool.calls).hasSize(1);
  }

  @Test
  void reply_isNotWaitedFor_andNothingElseIsAskedMeanwhile() {
    askRedis();

    pool.time.advance(Duration.ofHours(1));
    ask(1_000);
    assertThat(pool.calls).hasSize(1);

    pool.last().answer(4);
    assertThat(budget.tryWithdraw(1)).isNotNull();
  }

  @Test
  void share_isFilledUp_whenItIsHalfUsed() {
    succeed(1_000);
    for (int i = 0; i < 30; i++) {
      budget.withdraw(1).succeeded();
    }
    pool.time.advance(Duration.ofSeconds(10));

    budget.withdraw(1.9);
    assertThat(pool.calls).isEmpty();
    budget.withdraw(0.1);
    assertThat(pool.last().wanted()).isEqualTo(2, EXACTLY);
    assertThat(pool.last().most()).isEqualTo(20, EXACTLY);

    pool.last().answer(2);
    assertThat(budget.balance()).isEqualTo(4, EXACTLY);
  }

  /** Those of the last second, beyond what fills the share. */
  @Test
  void successes_goToThePool_ifTheyAreYoung() {
    succeed(1_000);
    pool.time.advance(Duration.ofSeconds(10));
    ask(1);
    assertThat(pool.calls).isEmpty();

    succeed(20);
    pool.time.advance(Duration.ofSeconds(1));
    budget.withdraw(1).notSent();
    assertThat(pool.last().put()).isEqualTo(2, EXACTLY);
    pool.last().answer(0);

    succeed(1_000);
    pool.time.advance(Duration.ofSeconds(1).plusNanos(1));
    ask(30);
    assertThat(pool.calls).hasSize(1);
  }

  @Test
  void refund_thatFindsNoRoom_goesToThePool() {
    succeed(1_000);
    var retry = budget.withdraw(2);
    succeed(20);
    pool.time.advance(Duration.ofSeconds(10));

    retry.succeeded();
    ask(1);

    assertThat(budget.balance()).isEqualTo(4, EXACTLY);
    assertThat(pool.last().put()).isEqualTo(2, EXACTLY);
  }

  @Test
  void drawThatFindsNoRoom_isLost() {
    askRedis();
    succeed(30);
    pool.last().answer(4);

    assertThat(budget.balance()).isEqualTo(4, EXACTLY);
    pool.time.advance(PAUSE);
    ask(25);
    assertThat(pool.calls).hasSize(1);
  }

  /** What it put in may have arrived, and what it wanted may have been taken. */
  @ParameterizedTest
  @EnumSource
  void failedCall_isNotRepeated_andTheNextOneOnlyLooks(Failure failure) {
    try (var log = new LogCapture(RetryBudget.class)) {
      askRedis();
      pool.last().fail(failure);
      assertThat(budget.balance()).isEqualTo(0, EXACTLY);

      askRedis();
      assertThat(pool.last().put()).isZero();
      assertThat(pool.last().wanted()).isZero();
      pool.last().answer(0);
      askRedis();
      assertThat(pool.last().wanted()).isEqualTo(4, EXACTLY);

      assertThat(log.lines()).hasSize(2);
      assertThat(log.lines().get(0))
          .startsWith("WARNING orders: Redis "
              + (failure == Failure.REJECTED ? "refuses calls" : "is away")
              + ", retries are paid from this instance's share alone");
      assertThat(log.lines().get(1)).startsWith("INFO orders: Redis ");
    }
  }

  @ParameterizedTest
  @MethodSource("noReplies")
  void replyThatIsNone_isARefusal(List<Object> reply) {
    try (var log = new LogCapture(RetryBudget.class)) {
      askRedis();

      pool.last().reply().complete(reply);

      assertThat(budget.balance()).isEqualTo(0, EXACTLY);
      assertThat(log.lines()).hasSize(1);
    }
  }

  @Test
  void portThatThrows_isARefusal() {
    var broken = RetryBudget.builder("orders")
        .shared(ScriptedPool.port(args -> {
          throw new IllegalStateException("closed");
        }))
        .time(pool.time)
        .build();
    pool.time.advance(Duration.ofSeconds(10));

    try (var log = new LogCapture(RetryBudget.class)) {
      assertThat(broken.tryWithdraw(1)).isNull();
      assertThat(log.lines()).hasSize(1);
    }
  }

  @Test
  void withoutRedis_theShareGoesOn() {
    try (var log = new LogCapture(RetryBudget.class)) {
      askRedis();
      pool.last().fail(Failure.NOT_SENT);

      succeed(30);
      for (int i = 0; i < 100; i++) {
        budget.withdraw(1).succeeded();
      }
      assertThat(log.lines()).hasSize(1);
    }
  }

  @Test
  void close_putsBackWhatIsThere_once() {
    succeed(25);

    budget.close();
    budget.close();

    assertThat(pool.calls).hasSize(1);
    assertThat(pool.last().put()).isEqualTo(2.5, EXACTLY);
    assertThat(pool.last().wanted()).isZero();
    assertThat(budget.tryWithdraw(1)).isNull();
    pool.time.advance(Duration.ofHours(1));
    ask(100);
    assertThat(pool.calls).hasSize(1);
  }

  @Test
  void close_ofAnEmptyShare_orWithoutRedis_isNoCall() {
    pool.builder().build().close();
    assertThat(pool.calls).isEmpty();

    try (var log = new LogCapture(RetryBudget.class)) {
      askRedis();
      pool.last().fail(Failure.AMBIGUOUS);
      succeed(25);
      budget.close();
      assertThat(log.lines()).hasSize(1);
    }
    assertThat(pool.calls).hasSize(1);
  }

  private static Stream<List<Object>> noReplies() {
    return Stream.of(
        List.of(),
        List.of(-1L),
        List.of(4_000_001L),
        List.of(Long.MAX_VALUE),
        List.of("4".getBytes(US_ASCII)),
        List.of(List.of(4L)),
        List.of(1L, 1L),
        Arrays.asList((Object) null));
  }

  private void askRedis() {
    pool.time.advance(PAUSE);
    int before = pool.calls.size();
    ask(25);
    assertThat(pool.calls).hasSize(before + 1);
  }

  /** Asks for retries, and does not send them. */
  private void ask(int retries) {
    for (int i = 0; i < retries; i++) {
      var withdrawal = budget.tryWithdraw(1);
      if (withdrawal != null) {
        withdrawal.notSent();
      }
    }
  }

  private void succeed(int calls) {
    for (int i = 0; i < calls; i++) {
      budget.begin();
      budget.end(/* isFirstSuccess= */ true);
    }
  }
}
