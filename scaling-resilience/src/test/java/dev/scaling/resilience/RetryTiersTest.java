package dev.scaling.resilience;

import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.testkit.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Three tiers in a row, each with a pipeline that makes three attempts at the next: how many reach
 * the leaf, which the last of them calls, for each call that needs it?
 */
@Tag("simulation")
final class RetryTiersTest {

  private static final int TIERS = 3;
  private static final int CALLS = 10_000;
  private static final int FEWER = 1_000; // where that is enough
  private static final double GOAL = 1.11;

  private final VirtualTime time = new VirtualTime();
  private final Random random = new Random(11);
  private final IOException down = new IOException("down"); // one for all: traces are dear

  @Test
  void retriesWithoutEnd_multiply() {
    var tiers = endless(Failures.ARE_PASSED_ON);

    assertThat(tiers.run(FEWER, /* failureRatio= */ 1, /* others= */ 0)).isEqualTo(27);
  }

  @Test
  void onlyLastTierRetries_ifFailuresAreMarked() {
    var tiers = endless(Failures.ARE_MARKED);

    assertThat(tiers.run(FEWER, 1, 0)).isEqualTo(3);
  }

  /** Ten tokens a tier, and none comes in. */
  @Test
  void budgets_endRetriesOfAllTiers_ifAllThatTheyPayForFails() {
    var tiers = budgeted(Failures.ARE_PASSED_ON);

    assertThat(tiers.run(CALLS, 1, 0)).isEqualTo(1 + 30.0 / CALLS).isLessThan(GOAL);
  }

  @Test
  void budgetsAndMarks_leaveTheBurstOfTheLastTier() {
    var tiers = budgeted(Failures.ARE_MARKED);

    assertThat(tiers.run(CALLS, 1, 0)).isEqualTo(1 + 10.0 / CALLS).isLessThan(GOAL);
  }

  /**
   * Nine of ten calls do not need the leaf, and pay for retries of those that do: budgets alone are
   * not enough.
   */
  @Test
  void budgetsThatOtherCallsFill_needMarks() {
    double passedOn = budgeted(Failures.ARE_PASSED_ON).run(FEWER, 1, /* others= */ 9);
    double marked = budgeted(Failures.ARE_MARKED).run(FEWER, 1, /* others= */ 9);

    assertThat(passedOn).isGreaterThan(2.5);
    assertThat(marked).isEqualTo(1 + 10.0 / FEWER).isLessThan(GOAL);
  }

  /** What a call costs the leaf is then what it costs a single tier. */
  @Test
  void marks_keepTheBoundOfOneTier_atAnyFailureRate() {
    double worst = 0;
    double worstPassedOn = 0;
    for (int tenths = 1; tenths < 10; tenths++) {
      worst = Math.max(worst, budgeted(Failures.ARE_MARKED).run(FEWER, tenths / 10.0, 0));
      worstPassedOn =
          Math.max(worstPassedOn, budgeted(Failures.ARE_PASSED_ON).run(FEWER, tenths / 10.0, 0));
    }

    assertThat(worst).isLessThan(1.31);
    assertThat(worstPassedOn).isGreaterThan(1.5);
  }

  private Tiers budgeted(Failures failures) {
    return tiers(UnaryOperator.identity(), failures);
  }

  private Tiers endless(Failures failures) {
    return tiers(
        budget -> budget
            .burst(10_000)
            .ratio(1)
            .minimumPerSecond(1_000)
            .inFlightRatio(1)
            .inFlightMinimum(1_000),
        failures);
  }

  private Tiers tiers(UnaryOperator<RetryBudgetBuilder> settings, Failures failures) {
    var pipelines = Stream.of("edge", "orders", "stock")
        .map(name -> Resilience.builder(name)
            .retry(settings.apply(RetryBudget.builder(name).time(time)).build())
            .executor(Runnable::run)
            .time(time)
            .random(random)
            .build())
        .toList();
    return new Tiers(pipelines, failures);
  }

  /** What a tier tells the one above of a call that it has given up. */
  private enum Failures {
    ARE_PASSED_ON,

    /** That it is not to be retried. */
    ARE_MARKED
  }

  private final class Tiers {

    private final List<Resilience> pipelines;
    private final Failures failures;
    private long attempts; // that reached the leaf

    Tiers(List<Resilience> pipelines, Failures failures) {
      this.pipelines = pipelines;
      this.failures = failures;
    }

    /**
     * Makes calls that need the leaf, and with each some others that the last tier answers by
     * itself; returns how many attempts the leaf got for each of those that need it.
     */
    double run(int calls, double failureRatio, int others) {
      for (int i = 0; i < calls; i++) {
        var unused = call(0, TIERS, () -> leaf(failureRatio));
        for (int j = 0; j < others; j++) {
          unused = call(0, TIERS - 1, () -> CompletableFuture.completedFuture(null));
        }
        time.advance(Duration.ofSeconds(1));
      }
      time.advance(Duration.ofMinutes(1));
      assertThat(time.pending()).isZero();
      return attempts / (double) calls;
    }

    private CompletableFuture<Void> call(
        int tier, int end, Supplier<CompletableFuture<Void>> answer) {
      if (tier == end) {
        return answer.get();
      }
      var result = pipelines.get(tier).callAsync(attempt -> call(tier + 1, end, answer));
      return failures == Failures.ARE_MARKED ? result.exceptionallyCompose(Tiers::marked) : result;
    }

    private CompletableFuture<Void> leaf(double failureRatio) {
      attempts++;
      return random.nextDouble() < failureRatio
          ? CompletableFuture.failedFuture(down)
          : CompletableFuture.completedFuture(null);
    }

    private static CompletableFuture<Void> marked(Throwable failure) {
      return CompletableFuture.failedFuture(
          failure instanceof DoNotRetryException ? failure : new DoNotRetryException(failure));
    }
  }

  /** Is none of those that a pipeline retries. */
  private static final class DoNotRetryException extends Exception {

    private static final long serialVersionUID = 1L;

    DoNotRetryException(Throwable cause) {
      super(
          "retried below already",
          cause,
          /* enableSuppression= */ true,
          /* writableStackTrace= */ false);
    }
  }
}
