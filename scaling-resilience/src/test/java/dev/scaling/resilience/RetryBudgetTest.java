package dev.scaling.resilience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.within;

import dev.scaling.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

final class RetryBudgetTest {

  private static final Offset<Double> EXACTLY = within(1e-6);

  private final VirtualTime time = new VirtualTime();

  @Test
  void budget_isFullAtFirst_andGrantsAsManyRetriesAsItsBurst() {
    var budget = builder().burst(3).build();

    assertThat(withdrawAll(budget)).hasSize(3);
    assertThat(budget.tryWithdraw(RetryBudget.TRANSIENT)).isNull();
    assertThat(budget.balance()).isEqualTo(0, EXACTLY);
  }

  @Test
  void firstSuccesses_putTheirRatioIn_andNothingBeyondTheBurst() {
    var budget = builder().burst(3).build();
    withdrawAll(budget);

    calls(budget, 15, true);
    assertThat(budget.balance()).isEqualTo(1.5, EXACTLY);
    assertThat(withdrawAll(budget)).hasSize(1);

    calls(budget, 1_000, true);
    assertThat(budget.balance()).isEqualTo(3, EXACTLY);
  }

  @Test
  void calls_thatFailed_putNothingIn() {
    var budget = builder().build();
    withdrawAll(budget);

    calls(budget, 1_000, false);

    assertThat(budget.balance()).isEqualTo(0, EXACTLY);
  }

  @Test
  void retryThatSucceeds_hasItsTokensBack_andAnotherHasNot() {
    var budget = builder().burst(2).build();
    var succeeds = budget.withdraw(1);
    var fails = budget.withdraw(1);

    succeeds.succeeded();
    fails.failed();

    assertThat(budget.balance()).isEqualTo(1, EXACTLY);
    assertThat(budget.snapshot().inFlight()).isZero();
  }

  @Test
  void retryThatIsNotSent_hasItsTokensBack() {
    var budget = builder().burst(1).build();

    budget.withdraw(1).notSent();

    assertThat(budget.balance()).isEqualTo(1, EXACTLY);
  }

  @Test
  void onlyTheFirstOutcome_counts() {
    var budget = builder().burst(2).build();
    var withdrawal = budget.withdraw(1);
    withdrawal.failed();

    withdrawal.succeeded();
    withdrawal.notSent();
    withdrawal.failed();

    assertThat(budget.balance()).isEqualTo(1, EXACTLY);
    assertThat(budget.snapshot().inFlight()).isZero();
  }

  @Test
  void costs_differByTheFailure() {
    var budget = builder().burst(2.1).build();

    budget.withdraw(RetryBudget.TIMEOUT);
    assertThat(budget.balance()).isEqualTo(0.7, EXACTLY);
    budget.withdraw(RetryBudget.THROTTLED);
    budget.withdraw(RetryBudget.THROTTLED);

    assertThat(budget.tryWithdraw(RetryBudget.THROTTLED)).isNull();
  }

  @Test
  void minimum_comesInWithTime_upToTheBurst() {
    var budget = builder().burst(2).minimumPerSecond(0.5).build();
    withdrawAll(budget);

    time.advance(Duration.ofSeconds(1));
    assertThat(budget.tryWithdraw(1)).isNull();
    time.advance(Duration.ofSeconds(1));
    assertThat(budget.tryWithdraw(1)).isNotNull();
    time.advance(Duration.ofDays(1));
    assertThat(budget.balance()).isEqualTo(2, EXACTLY);
  }

  @Test
  void retriesUnderWay_areAShareOfTheCalls_andAFewMore() {
    var budget = builder().burst(100).inFlightMinimum(3).inFlightRatio(0.2).build();
    assertThat(withdrawAll(budget)).hasSize(3);

    for (int i = 0; i < 50; i++) {
      budget.begin();
    }
    var more = withdrawAll(budget);
    assertThat(more).hasSize(10);
    assertThat(budget.balance()).isEqualTo(87, EXACTLY);

    more.get(0).failed();
    assertThat(budget.tryWithdraw(1)).isNotNull();
  }

  @Test
  void refusal_saysWhatItCosts_andHasNoStackTrace() {
    var budget = builder().burst(1).build();
    budget.withdraw(1);

    assertThatExceptionOfType(RetryBudget.ExhaustedException.class)
        .isThrownBy(() -> budget.withdraw(1))
        .withMessage("payments: no further attempt: it costs 1.00 tokens, 0.00 are there; or too"
            + " many are under way")
        .satisfies(e -> assertThat(e.getStackTrace()).isEmpty());
  }

  @Test
  void snapshot_counts() {
    var budget = builder().burst(2).build();
    calls(budget, 3, true);
    calls(budget, 1, false);
    budget.withdraw(1).succeeded();
    budget.withdraw(1);
    budget.withdraw(1);
    budget.tryWithdraw(1);

    assertThat(budget.snapshot()).isEqualTo(new RetryBudget.Snapshot(4, 0, 3, 3, 1, 1, 0, 2, 2));
    assertThat(budget).hasToString("RetryBudget[payments, 0.0 of 2.0 tokens]");
  }

  @Test
  void amplificationBound_isThatOfTheWorstFailureRate() {
    var budget = RetryBudget.create("payments");

    assertThat(budget.amplificationBound(3, 1)).isEqualTo(1.307, within(0.001));
    assertThat(budget.amplificationBound(1, 1)).isEqualTo(1);
    assertThat(builder().ratio(0).build().amplificationBound(3, 1)).isEqualTo(1, EXACTLY);
    assertThat(builder().ratio(0.2).build().amplificationBound(3, 1)).isEqualTo(1.42, within(0.01));
  }

  @Test
  void badInput_isNamed() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder().ratio(1.1))
        .withMessage("ratio must be in [0, 1]: 1.1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder().ratio(Double.NaN))
        .withMessage("ratio must be in [0, 1]: NaN");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder().burst(0.9))
        .withMessage("burst must be in [1, 10000]: 0.9");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder().minimumPerSecond(-1))
        .withMessage("minimumPerSecond must be in [0, 1000]: -1.0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder().inFlightRatio(2))
        .withMessage("inFlightRatio must be in [0, 1]: 2.0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder().inFlightMinimum(-1))
        .withMessage("inFlightMinimum must be in [0, 1000]: -1");
    assertThatIllegalStateException()
        .isThrownBy(() -> builder().inFlightMinimum(0).inFlightRatio(0).build());
    var budget = builder().build();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> budget.tryWithdraw(Double.NaN))
        .withMessage("cost must be in [0.01, 10]: NaN");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> budget.amplificationBound(0, 1))
        .withMessage("attempts must be in [1, 100]: 0");
    assertThatNullPointerException().isThrownBy(() -> builder().time(null)).withMessage("time");
  }

  private RetryBudgetBuilder builder() {
    return RetryBudget.builder("payments").inFlightMinimum(1_000).time(time);
  }

  private static void calls(RetryBudget budget, int calls, boolean isFirstSuccess) {
    for (int i = 0; i < calls; i++) {
      budget.begin();
      budget.end(isFirstSuccess);
    }
  }

  private static List<RetryBudget.Withdrawal> withdrawAll(RetryBudget budget) {
    List<RetryBudget.Withdrawal> all = new ArrayList<>();
    for (var each = budget.tryWithdraw(1); each != null; each = budget.tryWithdraw(1)) {
      all.add(each);
    }
    return all;
  }
}
