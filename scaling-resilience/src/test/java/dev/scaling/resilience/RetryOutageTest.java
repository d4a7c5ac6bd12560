package dev.scaling.resilience;

import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.testkit.VirtualTime;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which retries let a server recover that was too slow for ten seconds. */
@Timeout(120)
final class RetryOutageTest {

  private static final int[] SEEDS = {1, 2, 3};

  @ParameterizedTest
  @ValueSource(doubles = {700, 850})
  void sharedBudget_recoversAsSoonAsWithoutRetries(double perSecond) {
    for (int seed : SEEDS) {
      var without = outage(PeerPolicy.NO_RETRIES, perSecond, seed);
      var ours = shared(perSecond, seed);

      assertThat((double) ours.recoverySeconds())
          .as("seed %d, without retries %s, ours %s", seed, without, ours)
          .isLessThanOrEqualTo(1.1 * without.recoverySeconds());
      assertThat(ours.peakAmplification()).isLessThan(1.02);
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {700, 850})
  void budgetOfEachClient_recoversToo(double perSecond) {
    for (int seed : SEEDS) {
      var without = outage(PeerPolicy.NO_RETRIES, perSecond, seed);
      var time = new VirtualTime();
      var ours = Outage.run(time, () -> RetryPolicy.of(budget(time, 10)), perSecond, seed);

      assertThat((double) ours.recoverySeconds())
          .as("seed %d, without retries %s, ours %s", seed, without, ours)
          .isLessThanOrEqualTo(1.35 * without.recoverySeconds());
      assertThat(ours.peakAmplification()).isLessThan(1.35);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = PeerPolicy.class,
      names = {"UNBUDGETED", "FINAGLE"})
  void retriesThatOthersGrant_keepItDownForGood(PeerPolicy peer) {
    var result = outage(peer, 700, 1);

    assertThat(result.isRecovered()).as("%s", result).isFalse();
    assertThat(result.peakAmplification()).isGreaterThan(2.9);
  }

  @Test
  void recovery_isThatOfTheStudy() {
    assertRecovery(PeerPolicy.NO_RETRIES, 9, 16, 40);
    assertRecovery(PeerPolicy.FINAGLE_WITHOUT_MINIMUM, 18, 39, Integer.MAX_VALUE);
    assertRecovery(PeerPolicy.AWS, 34, 49, 108);
    assertRecovery(PeerPolicy.AWS_2026, 17, 27, 66);
    assertRecovery(PeerPolicy.GRPC, 9, 16, 43);
    assertRecovery(PeerPolicy.BROOKER, 11, 19, 48);
  }

  private static void assertRecovery(PeerPolicy peer, int at600, int at700, int at850) {
    assertNear(outage(peer, 600, 1), at600, peer);
    assertNear(outage(peer, 700, 1), at700, peer);
    assertNear(outage(peer, 850, 1), at850, peer);
  }

  private static void assertNear(Outage.Result result, int seconds, PeerPolicy peer) {
    if (seconds == Integer.MAX_VALUE) {
      assertThat(result.isRecovered()).as("%s", peer).isFalse();
    } else {
      int tolerance = 2 + seconds / 8; // another seed, another generator
      assertThat(result.recoverySeconds())
          .as("%s", peer)
          .isBetween(seconds - tolerance, seconds + tolerance);
    }
  }

  private static Outage.Result outage(PeerPolicy peer, double perSecond, int seed) {
    var time = new VirtualTime();
    return Outage.run(time, () -> peer.create(time), perSecond, seed);
  }

  private static Outage.Result shared(double perSecond, int seed) {
    var time = new VirtualTime();
    var one = RetryPolicy.of(budget(time, 50));
    Supplier<RetryPolicy> same = () -> one;
    return Outage.run(time, same, perSecond, seed);
  }

  private static RetryBudget budget(VirtualTime time, double burst) {
    return RetryBudget.builder("outage").burst(burst).time(time).build();
  }
}
