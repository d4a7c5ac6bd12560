package dev.scaling.resilience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.scaling.testkit.VirtualTime;
import java.time.Duration;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class HedgeBudgetTest {

  private static final Duration TTL = Duration.ofSeconds(10);
  private static final long SECOND = 1_000_000_000;

  private final VirtualTime time = new VirtualTime();
  private final RetryBudget retries = RetryBudget.builder("orders").time(time).build();
  private final HedgeBudget hedges = new HedgeBudget(0.05, 10, TTL, 0);

  @Test
  void hedges_areTheirShareOfFirstAttempts() {
    assertThat(withdrawAll(0)).isZero();

    firsts(19, 0);
    assertThat(withdrawAll(0)).isZero();
    firsts(1, 0);
    assertThat(withdrawAll(0)).isEqualTo(1);
    firsts(100, 0);
    assertThat(withdrawAll(0)).isEqualTo(5);
  }

  @Test
  void hedges_areTheBurstAtMost_howeverManyFirstAttemptsCameBefore() {
    firsts(10_000, 0);

    assertThat(withdrawAll(0)).isEqualTo(10);
  }

  @Test
  void success_bringsNoTokenBack() {
    firsts(20, 0);
    withdraw(0).succeeded();

    assertThat(withdrawAll(0)).isZero();
  }

  @ParameterizedTest
  @CsvSource({
    "0, 9.999, 2",
    "0, 10, 0",
    "4.999, 9.999, 2",
    "4.999, 10, 0",
    "5, 14.999, 2",
    "5, 15, 0"
  })
  void token_isThereForHalfItsTimeAtLeast_andForAllOfItAtMost(
      double first, double later, int tokens) {
    firsts(40, (long) (first * SECOND));

    assertThat(hedges.balance((long) (later * SECOND))).isEqualTo(tokens);
    assertThat(withdrawAll((long) (later * SECOND))).isEqualTo(tokens);
  }

  @Test
  void firstAttempt_isOfTheHalfInWhichItWasSent_thoughNobodyLookedThen() {
    firsts(40, SECOND);
    firsts(40, 6 * SECOND);

    assertThat(hedges.balance(6 * SECOND)).isEqualTo(4);
    assertThat(hedges.balance(11 * SECOND)).isEqualTo(2);
  }

  @Test
  void oldestToken_isTheFirstToGo() {
    firsts(200, 0);
    firsts(20, 6 * SECOND);
    assertThat(hedges.balance(6 * SECOND)).isEqualTo(10);

    withdraw(6 * SECOND);

    assertThat(hedges.balance(10 * SECOND)).isEqualTo(1);
  }

  @Test
  void refusalOfTheOtherBudget_takesNothing() {
    firsts(40, 0);
    while (retries.tryWithdraw(1) != null) {
      // until it has nothing left
    }

    for (int i = 0; i < 100; i++) {
      assertThat(hedges.tryWithdraw(retries, 1, 0)).isNull();
    }

    assertThat(hedges.balance(0)).isEqualTo(2);
  }

  @Test
  void refusalOfThisBudget_takesNothingFromTheOther() {
    assertThat(hedges.tryWithdraw(retries, 1, 0)).isNull();

    assertThat(retries.balance()).isEqualTo(10);
    assertThat(retries.snapshot().refusals()).isZero();
  }

  @Test
  void costOutsideItsRange_takesNothing() {
    firsts(40, 0);

    assertThatIllegalArgumentException()
        .isThrownBy(() -> hedges.tryWithdraw(retries, 11, 0))
        .withMessage("cost must be in [0.01, 10]: 11.0");

    assertThat(hedges.balance(0)).isEqualTo(2);
  }

  @Test
  void hedgeThatWasNotSent_costsNeitherBudget() {
    firsts(40, 0);

    hedges.notSent(withdraw(0));

    assertThat(hedges.balance(0)).isEqualTo(2);
    assertThat(retries.balance()).isEqualTo(10);
    assertThat(retries.snapshot().inFlight()).isZero();
  }

  @Test
  void clockThatGoesBack_changesNothing() {
    firsts(40, 6 * SECOND);

    assertThat(hedges.balance(SECOND)).isEqualTo(2);
  }

  @Test
  void clockThatWraps_changesNothing() {
    var wrapping = new HedgeBudget(0.05, 10, TTL, Long.MAX_VALUE - SECOND);
    for (int i = 0; i < 40; i++) {
      wrapping.first(Long.MAX_VALUE);
    }

    assertThat(wrapping.balance(Long.MAX_VALUE + 8 * SECOND)).isEqualTo(2);
    assertThat(wrapping.balance(Long.MAX_VALUE + 9 * SECOND)).isZero();
  }

  @Nested
  final class ConstructorRejects {

    @ParameterizedTest
    @ValueSource(doubles = {0.0009, 1.1, Double.NaN})
    void maximumExtraLoadOutsideItsRange(double maximumExtraLoad) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new HedgeBudget(maximumExtraLoad, 10, TTL, 0))
          .withMessage("maximumExtraLoad must be in [0.001, 1]: " + maximumExtraLoad);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1_001})
    void burstOutsideItsRange(int burst) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new HedgeBudget(0.05, burst, TTL, 0))
          .withMessage("burst must be in [1, 1000]: " + burst);
    }

    @Test
    void ttlOutsideItsRange() {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new HedgeBudget(0.05, 10, Duration.ofMinutes(11), 0))
          .withMessage("ttl must be in [PT1S, PT10M]: PT11M");
    }
  }

  private void firsts(int times, long nowNanos) {
    for (int i = 0; i < times; i++) {
      hedges.first(nowNanos);
    }
  }

  private RetryBudget.Withdrawal withdraw(long nowNanos) {
    var withdrawal = hedges.tryWithdraw(retries, RetryBudget.TRANSIENT, nowNanos);
    assertThat(withdrawal).isNotNull();
    return withdrawal;
  }

  private int withdrawAll(long nowNanos) {
    int all = 0;
    for (var one = hedges.tryWithdraw(retries, 1, nowNanos);
        one != null;
        one = hedges.tryWithdraw(retries, 1, nowNanos)) {
      one.succeeded(); // there is always enough in the other budget
      all++;
    }
    return all;
  }
}
