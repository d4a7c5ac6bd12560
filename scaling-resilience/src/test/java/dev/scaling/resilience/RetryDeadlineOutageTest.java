package dev.scaling.resilience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import dev.scaling.testkit.SimulatedOutage.Report;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * How soon a server recovers that drops work whose time is over, which its clients' attempts tell
 * it: the last rows of the study's table.
 */
@Tag("simulation")
@Timeout(120)
final class RetryDeadlineOutageTest {

  private static final Duration GOAL = Duration.ofSeconds(1);
  private static final Duration DEADLINE = Duration.ofMillis(1_200);
  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final int[] SEEDS = {1, 2};

  @ParameterizedTest
  @ValueSource(doubles = {700, 850})
  void sharedBudget_recoversAtOnce(double perSecond) {
    for (int seed : SEEDS) {
      assertRecoversAtOnce(outage(perSecond, seed)
          .withShared(time ->
              RetryPolicy.of(RetryBudget.builder("outage").burst(50).time(time).build())));
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {700, 850})
  void pipeline_recoversAtOnce(double perSecond) {
    for (int seed : SEEDS) {
      assertRecoversAtOnce(outage(perSecond, seed).withPipeline(budget -> budget.burst(50)));
    }
  }

  /** What a server does in vain delays what it could do in time. */
  @ParameterizedTest
  @ValueSource(doubles = {700, 850})
  void deadlinesOfCallers_helpNoServerThatDoesNotDropLateWork(double perSecond) {
    var report = Outage.at(perSecond, 1)
        .with(all -> all.after(MINUTE))
        .deadline(DEADLINE, /* tells= */ true)
        .withPipeline(budget -> budget.burst(50));

    assertThatExceptionOfType(AssertionError.class).isThrownBy(() -> assertRecoversAtOnce(report));
    assertThat(report.recovery()).isGreaterThan(Duration.ofSeconds(10));
  }

  /** In the order of their coming, it is what is about to be late that is served. */
  @ParameterizedTest
  @ValueSource(doubles = {700, 850})
  void droppingLateWork_doesNotHelp_ifEachFailureIsRetried(double perSecond) {
    var report = dropsLateWork(perSecond, 1).withEach(PeerPolicy.UNBUDGETED::create);

    assertThat(report.isRecovered()).as("%s", report).isFalse();
    assertThat(report.successAfter()).isLessThan(0.001);
    assertThat(report.peakAmplification()).isEqualTo(3.04, within(0.1));
  }

  /** Some third attempts are not made; that is too little. */
  @ParameterizedTest
  @ValueSource(doubles = {700, 850})
  void deadlines_doNotHelpEither_ifEachFailureIsRetried(double perSecond) {
    var report = dropsLateWork(perSecond, 1)
        .deadline(DEADLINE, /* tells= */ true)
        .withEach(PeerPolicy.UNBUDGETED::create);

    assertThat(report.isRecovered()).as("%s", report).isFalse();
    assertThat(report.peakAmplification()).isEqualTo(2.53, within(0.1));
  }

  /** Calls of half a second, to a server that waits for five with those that say nothing. */
  @ParameterizedTest
  @ValueSource(doubles = {700, 850})
  void deadline_helpsIfTheServerIsTold(double perSecond) {
    var outage = dropsLateWork(perSecond, 1)
        .with(all -> all.timeout(Duration.ofSeconds(5)).after(MINUTE));
    var told = outage.deadline(Duration.ofMillis(500), /* tells= */ true);
    var untold = outage.deadline(Duration.ofMillis(500), /* tells= */ false);

    assertRecoversAtOnce(told.withPipeline(budget -> budget));
    assertThat(untold.withPipeline(budget -> budget).recovery())
        .isGreaterThan(GOAL.multipliedBy(4));
  }

  private static Outage outage(double perSecond, int seed) {
    return dropsLateWork(perSecond, seed)
        .with(all -> all.after(MINUTE))
        .deadline(DEADLINE, /* tells= */ true);
  }

  private static Outage dropsLateWork(double perSecond, int seed) {
    return Outage.at(perSecond, seed).with(all -> all.dropsLateWork(true));
  }

  /**
   * The recovery bears half a second of lost calls in ten; so all calls since are looked at too.
   */
  private static void assertRecoversAtOnce(Report report) {
    report.assertRecovers(GOAL);
    assertThat(report.successAfter()).isGreaterThan(0.999);
    assertThat(report.peakAmplification()).isLessThan(1.02);
  }
}
