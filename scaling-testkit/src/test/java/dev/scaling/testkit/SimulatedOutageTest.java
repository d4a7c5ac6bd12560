package dev.scaling.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.within;

import dev.scaling.testkit.SimulatedOutage.Client;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

final class SimulatedOutageTest {

  private static final Client ONCE = Supplier::get;
  private static final Duration HALF_A_SECOND = Duration.ofMillis(500);
  private static final Duration MINUTE = Duration.ofMinutes(1);

  private final VirtualTime time = new VirtualTime();

  /**
   * The backlog of ten seconds, 5,000 attempts, is done at 300 a second; half a second of it waits.
   */
  @Test
  void serverWhoseClientsDoNotRetry_recoversOnceItsBacklogIsDone() {
    var report = builder().run(() -> ONCE);

    report.assertRecovers(Duration.ofSeconds(18));
    assertThat(report.recovery()).isGreaterThan(Duration.ofSeconds(13));
    assertThat(report.peakAmplification()).isEqualTo(1);
  }

  @Test
  void serverWhoseClientsRetryAtOnce_doesNotRecover() {
    var report = builder().run(() -> attempt -> twice(attempt));

    assertThat(report.isRecovered()).isFalse();
    assertThat(report.peakAmplification()).isGreaterThan(1.9);
    assertThatExceptionOfType(AssertionError.class)
        .isThrownBy(() -> report.assertRecovers(MINUTE))
        .withMessageMatching(
            "the server must recover within PT1M of the end of its trouble, and did"
                + " not recover at all; there were up to [12]\\.\\d\\d attempts a call, and of the"
                + " calls 100\\.0 % succeeded before, \\d\\.\\d % during and \\d\\.\\d % after the trouble");
  }

  @Test
  void recoveryThatTakesTooLong_isNoRecovery() {
    var report = builder().run(() -> ONCE);

    assertThatExceptionOfType(AssertionError.class)
        .isThrownBy(() -> report.assertRecovers(Duration.ofSeconds(5)))
        .withMessageContaining("and took PT1");
  }

  @Test
  void serverWithoutTrouble_isWellAllTheTime() {
    var report = builder().trouble(1, Duration.ofSeconds(1)).run(() -> ONCE);

    report.assertRecovers(Duration.ZERO);
    assertThat(report.successBefore()).isEqualTo(1);
    assertThat(report.successDuring()).isEqualTo(1);
    assertThat(report.successAfter()).isGreaterThan(0.999); // some have not ended
  }

  @Test
  void successes_areThoseOfCallsThatCameThen() {
    var report = builder().run(() -> ONCE);

    assertThat(report.successBefore()).isEqualTo(1);
    assertThat(report.successDuring()).isBetween(0.01, 0.03);
    assertThat(report.successAfter()).isCloseTo(1 - 14.0 / 60, within(0.03));
  }

  @Test
  void serverThatDropsLateWork_hasNoBacklogOfIt() {
    var report = builder().dropsLateWork(true).run(() -> ONCE);

    report.assertRecovers(Duration.ofMillis(100));
    assertThat(report.successAfter()).isGreaterThan(0.999);
  }

  /** In the order of their coming, it serves those whose callers are about to leave. */
  @Test
  void serverThatDropsLateWork_doesNotRecoverFromRetriesWithoutEnd() {
    var report = builder().dropsLateWork(true).run(() -> attempt -> twice(attempt));

    assertThat(report.isRecovered()).isFalse();
    assertThat(report.successAfter()).isLessThan(0.1);
  }

  @Test
  void callersWhoWaitShorter_areServedAtOnce_ifTheServerIsTold() {
    var longer = builder().dropsLateWork(true).timeout(Duration.ofSeconds(5));
    var told = longer.run(() -> attempt -> attempt.send(HALF_A_SECOND));
    var untold = longer.run(() -> attempt -> givenUp(attempt.get()));

    told.assertRecovers(Duration.ofMillis(100));
    assertThat(untold.recovery()).isGreaterThan(Duration.ofSeconds(5));
  }

  @Test
  void secondsWithoutCalls_countForNothing() {
    var report = builder()
        .perSecond(1)
        .capacityPerSecond(1)
        .after(MINUTE.multipliedBy(10))
        .run(() -> ONCE);

    assertThat(report.peakAmplification()).isBetween(0.9, 1.1);
  }

  @Test
  void sameSeed_isTheSameAgain() {
    assertThat(builder().run(() -> ONCE)).isEqualTo(builder().run(() -> ONCE));
  }

  @Test
  void badInput_isNamed() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder().perSecond(0))
        .withMessage("perSecond must be in [1, 1000000]: 0.0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder().capacityPerSecond(Double.NaN))
        .withMessage("capacityPerSecond must be in [1, 1000000]: NaN");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder().workers(0))
        .withMessage("workers must be in [1, 10000]: 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder().trouble(0, MINUTE))
        .withMessage("ratio must be in (0, 1]: 0.0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder().trouble(0.5, Duration.ZERO))
        .withMessage("length must be in [PT1S, PT1H]: PT0S");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder().after(Duration.ofSeconds(9)))
        .withMessage("after must be in [PT10S, PT1H]: PT9S");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder().timeout(Duration.ZERO))
        .withMessage("timeout must be in [PT0.001S, PT1H]: PT0S");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder().clients(0))
        .withMessage("clients must be in [1, 100000]: 0");
    assertThatNullPointerException().isThrownBy(() -> builder().run(null)).withMessage("client");
  }

  private CompletableFuture<Void> givenUp(CompletableFuture<Void> reply) {
    time.schedule(() -> reply.cancel(false), HALF_A_SECOND);
    return reply;
  }

  private SimulatedOutageBuilder builder() {
    return SimulatedOutage.builder(time, new SplittableRandom(7)).after(Duration.ofMinutes(1));
  }

  private static CompletableFuture<Void> twice(Supplier<CompletableFuture<Void>> attempt) {
    return attempt
        .get()
        .handle((none, failure) ->
            failure == null ? CompletableFuture.<Void>completedFuture(null) : attempt.get())
        .thenCompose(second -> second);
  }
}
