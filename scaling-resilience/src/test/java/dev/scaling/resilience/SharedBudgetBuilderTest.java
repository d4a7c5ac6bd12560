package dev.scaling.resilience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How the burst of all instances is split, and which settings are refused. */
final class SharedBudgetBuilderTest {

  private final ScriptedPool pool = new ScriptedPool();

  @ParameterizedTest
  @CsvSource({
    "50, 10, 2.5, 25", //
    "500, 100, 2.5, 250",
    "300, 100, 2, 100",
    "30, 1, 15, 15",
    "3, 1, 2, 1",
    "10000, 2000, 2.5, 5000",
  })
  void shares_areAHalfOfTheBurst_andTheRestIsInThePool(
      double burst, int instances, double share, double rest) {
    var builder = pool.builder().burst(burst).instances(instances);

    assertThat(builder.build().snapshot().limit()).isEqualTo(share);
    assertThat(builder.poolMicros() / 1e6).isEqualTo(rest);
  }

  @Test
  void burst_is5ForEachInstance_ifItIsNotSet() {
    assertThat(pool.builder().build().snapshot().limit()).isEqualTo(2.5);
    assertThat(pool.builder().poolMicros() / 1e6).isEqualTo(25);
    assertThat(pool.builder().instances(100).poolMicros() / 1e6).isEqualTo(250);
  }

  @Test
  void minimum_isThatOfThePool() {
    var budget = pool.builder().ratio(0).minimumPerSecond(0.5).build();
    pool.time.advance(Duration.ofSeconds(10));

    budget.tryWithdraw(1);

    assertThat(pool.last().perSecond()).isEqualTo(0.5);
    assertThat(budget.balance()).isZero();
  }

  @Test
  void badInput_isNamed() {
    assertThatNullPointerException()
        .isThrownBy(() -> RetryBudget.builder("a").shared(null))
        .withMessage("redis");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> pool.builder().instances(0))
        .withMessage("instances must be in [1, 2000]: 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> pool.builder().redisTimeout(Duration.ofSeconds(2)))
        .withMessage("redisTimeout must be in [PT0.001S, PT1S]: PT2S");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> pool.builder().prefix("a{b}"))
        .withMessageStartingWith("prefix must be 1 to 64 of");
    assertThatIllegalStateException()
        .isThrownBy(() -> pool.builder().burst(29).build())
        .withMessage("burst must be at least 3 for each of the instances: 29.0 for 10");
    assertThatIllegalStateException()
        .isThrownBy(() -> pool.builder().ratio(0).build())
        .withMessage(
            "ratio and minimumPerSecond must not both be 0 if shared: nothing would come in");
    assertThatIllegalStateException()
        .isThrownBy(() -> RetryBudget.builder("a").instances(3).build())
        .withMessage("instances, redisTimeout and prefix are those of a budget that is shared");
  }
}
