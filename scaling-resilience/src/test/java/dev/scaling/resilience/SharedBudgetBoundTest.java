package dev.scaling.resilience;

import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.testkit.LogCapture;
import dev.scaling.testkit.VirtualTime;
import java.time.Duration;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * That failed retries of all instances cost at most what came in, at each moment of random
 * histories: since the beginning, when nothing was there; and with the burst, over each period.
 */
@Timeout(120)
final class SharedBudgetBoundTest {

  private static final int HISTORIES = 100;
  private static final int STEPS = 2_000;
  private static final double ROUNDING = 1e-3;

  private final LogCapture log = new LogCapture(RetryBudget.class);

  @AfterEach
  void endCapture() {
    log.close();
  }

  @Test
  void shippedBudget_holdsItsBound_atEachMoment() {
    double worstOfPeriods = Double.NEGATIVE_INFINITY;
    for (long seed = 1; seed <= HISTORIES; seed++) {
      var fleet = new Fleet(seed, null);
      fleet.run(STEPS);
      assertThat(fleet.worstOfAll).as("seed %d", seed).isLessThan(ROUNDING);
      assertThat(fleet.worstOfPeriods).as("seed %d", seed).isLessThan(ROUNDING);
      assertThat(fleet.granted).as("seed %d", seed).isGreaterThan(100);
      assertThat(fleet.drawn).as("seed %d", seed).isGreaterThan(10);
      worstOfPeriods = Math.max(worstOfPeriods, fleet.worstOfPeriods);
    }
    assertThat(worstOfPeriods).as("distance to the bound").isGreaterThan(-20);
  }

  /** What one has put in is spent by another, and no more than that; the reply held one token. */
  @Test
  void successesWhoseReplyIsLost_countOnce() {
    assertThat(spentOfSevenTokens(null)).isEqualTo(6);
    assertThat(spentOfSevenTokens(BrokenShare.PUTS_IN_AGAIN)).isGreaterThan(7);
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "PUTS_IN_AGAIN")
  void brokenBudget_isCaught(BrokenShare mistake) {
    boolean isCaught = false;
    for (long seed = 1; seed <= HISTORIES && !isCaught; seed++) {
      var fleet = new Fleet(seed, mistake);
      fleet.run(STEPS);
      isCaught = fleet.worstOfAll > ROUNDING || fleet.worstOfPeriods > ROUNDING;
    }
    assertThat(isCaught).isTrue();
  }

  /**
   * Gives one instance a share of five tokens and two more, and then lets all calls of both fail.
   */
  private static int spentOfSevenTokens(@Nullable BrokenShare mistake) {
    var time = new VirtualTime();
    var pool = new SimulatedPool(time, new Random(1));
    var redis = mistake == null ? pool.redis() : mistake.around(pool.redis());
    var builder = RetryBudget.builder("two")
        .shared(redis)
        .inFlightMinimum(1_000)
        .instances(5)
        .burst(50)
        .time(time);
    var one = builder.build();
    var other = builder.build();

    time.advance(Duration.ofSeconds(10));
    succeed(one, 50);
    one.withdraw(0.01).notSent(); // looks for the first time after a while: what follows is young
    succeed(one, 20);
    pool.isMute = true;
    int spent = spend(one, 30);
    time.advance(Duration.ofSeconds(1));
    pool.isMute = false;
    for (int i = 0; i < 20; i++) {
      spent += spend(one, 30) + spend(other, 30);
      time.advance(Duration.ofSeconds(1));
    }
    return spent;
  }

  private static void succeed(RetryBudget budget, int calls) {
    for (int i = 0; i < calls; i++) {
      budget.begin();
      budget.end(/* isFirstSuccess= */ true);
    }
  }

  private static int spend(RetryBudget budget, int retries) {
    int spent = 0;
    for (int i = 0; i < retries; i++) {
      spent += budget.tryWithdraw(1) == null ? 0 : 1;
    }
    return spent;
  }
}
