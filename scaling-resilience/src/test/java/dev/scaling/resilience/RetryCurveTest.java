package dev.scaling.resilience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.scaling.testkit.VirtualTime;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Success and amplification, if each attempt fails with the same probability. */
@Tag("simulation")
final class RetryCurveTest {

  private static final int WARM_UP = 5_000;
  private static final int CALLS = 40_000;

  private final VirtualTime time = new VirtualTime();

  @Test
  void amplification_isAtMostItsBound_atAnyFailureRate() {
    double bound = budget().amplificationBound(3, 1);
    double worst = 0;
    for (int percent = 1; percent <= 100; percent++) {
      double amplification = curve(RetryPolicy.of(budget()), percent / 100.0).amplification;
      assertThat(amplification).as("at %d %%", percent).isLessThanOrEqualTo(bound + 0.005);
      worst = Math.max(worst, amplification);
    }
    assertThat(bound).isLessThan(1.31);
    assertThat(worst).isLessThan(1.31);
    assertThat(worst).as("how near the bound it comes").isGreaterThan(bound - 0.05);
  }

  @Test
  void totalOutage_isNotAmplified() {
    assertThat(curve(RetryPolicy.of(budget()), 1).amplification).isLessThan(1.001);
    assertThat(curve(PeerPolicy.FINAGLE.create(time), 1).amplification)
        .isEqualTo(1.4, within(0.01));
    assertThat(curve(PeerPolicy.FINAGLE_WITHOUT_MINIMUM.create(time), 1).amplification)
        .isEqualTo(1.2, within(0.01));
    assertThat(curve(PeerPolicy.UNBUDGETED.create(time), 1).amplification).isEqualTo(3);
  }

  @Test
  void fifthOfFailures_isHidden_andByOthersIsNot() {
    assertThat(curve(RetryPolicy.of(budget()), 0.2).success).isGreaterThan(0.99);

    assertThat(curve(PeerPolicy.GRPC.create(time), 0.2).success).isEqualTo(0.8, within(0.02));
    assertThat(curve(PeerPolicy.BROOKER.create(time), 0.2).success).isEqualTo(0.87, within(0.02));
    assertThat(curve(PeerPolicy.AWS_2026.create(time), 0.2).success)
        .isEqualTo(0.992, within(0.005));
    assertThat(curve(PeerPolicy.FINAGLE_WITHOUT_MINIMUM.create(time), 0.2).success)
        .isEqualTo(0.952, within(0.02));
  }

  private RetryBudget budget() {
    return RetryBudget.builder("curve").time(time).build();
  }

  private Curve curve(RetryPolicy policy, double failures) {
    var random = new Random(3);
    run(policy, failures, random, WARM_UP);
    return run(policy, failures, random, CALLS);
  }

  private Curve run(RetryPolicy policy, double failures, Random random, int calls) {
    long attempts = 0;
    long successes = 0;
    for (int i = 0; i < calls; i++) {
      time.advance(Duration.ofMillis(20));
      var call = policy.begin();
      for (int attempt = 1; ; attempt++) {
        attempts++;
        if (random.nextDouble() >= failures) {
          call.succeeded(attempt);
          successes++;
          break;
        }
        if (!call.failed(attempt)) {
          break;
        }
      }
    }
    return new Curve(attempts / (double) calls, successes / (double) calls);
  }

  private record Curve(double amplification, double success) {}
}
