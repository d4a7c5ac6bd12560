package dev.scaling.resilience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.scaling.testkit.SimulatedOutage.Report;
import dev.scaling.testkit.VirtualTime;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which retries let a server recover that was too slow for ten seconds. */
@Tag("simulation")
@Timeout(120)
final class RetryOutageTest {

  private static final int[] SEEDS = {1, 2};
  private static final int NEVER = Integer.MAX_VALUE;

  @ParameterizedTest
  @ValueSource(doubles = {700, 850})
  void sharedBudget_recoversAsSoonAsWithoutRetries(double perSecond) {
    for (int seed : SEEDS) {
      var without = outage(PeerPolicy.NO_RETRIES, perSecond, seed);
      var ours = shared(perSecond, seed);

      ours.assertRecovers(without.recovery().multipliedBy(11).dividedBy(10));
      assertThat(ours.peakAmplification()).isLessThan(1.02);
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {700, 850})
  void budgetOfEachClient_recoversToo(double perSecond) {
    for (int seed : SEEDS) {
      var without = outage(PeerPolicy.NO_RETRIES, perSecond, seed);
      var ours = Outage.at(perSecond, seed).withEach(time -> RetryPolicy.of(budget(time, 10)));

      ours.assertRecovers(without.recovery().multipliedBy(125).dividedBy(100));
      assertThat(ours.peakAmplification()).isLessThan(1.35);
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {700, 850})
  void pipelineWithASharedBudget_doesAsWell(double perSecond) {
    for (int seed : SEEDS) {
      Outage.at(perSecond, seed)
          .withPipeline(budget -> budget.burst(50))
          .assertRecovers(outage(PeerPolicy.NO_RETRIES, perSecond, seed)
              .recovery()
              .multipliedBy(11)
              .dividedBy(10));
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = PeerPolicy.class,
      names = {"UNBUDGETED", "FINAGLE"})
  void retriesThatOthersGrant_keepItDownForGood(PeerPolicy peer) {
    var report = outage(peer, 700, 1);

    assertThat(report.isRecovered()).as("%s", report).isFalse();
    assertThat(report.peakAmplification()).isGreaterThan(2.9);
  }

  @Test
  void recovery_isThatOfTheStudy() {
    assertRecovery(PeerPolicy.NO_RETRIES, 9, 16, 40);
    assertRecovery(PeerPolicy.FINAGLE_WITHOUT_MINIMUM, 18, 39, NEVER);
    assertRecovery(PeerPolicy.AWS, 34, 49, 108);
    assertRecovery(PeerPolicy.AWS_2026, 17, 27, 66);
    assertRecovery(PeerPolicy.GRPC, 9, 16, 43);
    assertRecovery(PeerPolicy.BROOKER, 11, 19, 48);
  }

  @Test
  void peaks_areThoseOfTheStudy() {
    assertPeak(PeerPolicy.AWS_2026, 1.98);
    assertPeak(PeerPolicy.GRPC, 1.12);
    assertPeak(PeerPolicy.BROOKER, 1.29);
  }

  private static void assertPeak(PeerPolicy peer, double most) {
    assertThat(outage(peer, 700, 1).peakAmplification())
        .as("%s", peer)
        .isEqualTo(most, within(0.1));
  }

  private static void assertRecovery(PeerPolicy peer, int at600, int at700, int at850) {
    assertNear(outage(peer, 600, 1), at600, peer);
    assertNear(outage(peer, 700, 1), at700, peer);
    assertNear(outage(peer, 850, 1), at850, peer);
  }

  private static void assertNear(Report report, int seconds, PeerPolicy peer) {
    if (seconds == NEVER) {
      assertThat(report.isRecovered()).as("%s", peer).isFalse();
      return;
    }
    int tolerance = 2 + seconds / 8; // another seed, another generator
    assertThat(report.isRecovered()).as("%s", peer).isTrue();
    assertThat(report.recovery())
        .as("%s", peer)
        .isBetween(
            Duration.ofSeconds(seconds - tolerance), Duration.ofSeconds(seconds + tolerance));
  }

  private static Report outage(PeerPolicy peer, double perSecond, int seed) {
    return Outage.at(perSecond, seed).withEach(peer::create);
  }

  private static Report shared(double perSecond, int seed) {
    return Outage.at(perSecond, seed).withShared(time -> RetryPolicy.of(budget(time, 50)));
  }

  private static RetryBudget budget(VirtualTime time, double burst) {
    return RetryBudget.builder("outage").burst(burst).time(time).build();
  }
}
