package dev.scaling.jmh;

import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.concurrency.limit.RateLimit;
import dev.scaling.concurrency.limit.RateLimiter;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The checker of {@code limiter.accuracy} sees limiters that grant too much or too little. */
@Timeout(60)
final class AccuracyTest {

  private static final int SECONDS = 10;
  private static final long STEP_NANOS = 10_000_000; // of 100 a second

  @Test
  void exactLimiter_passes() {
    var lines = judged(grants(/* burst= */ 100, STEP_NANOS, /* number= */ 1_000));

    assertThat(lines).extracting(Line::ours).containsExactly(0.0, 0.0);
    assertThat(lines).allSatisfy(AccuracyTest::passes);
  }

  @Test
  void burstOfOneTooMany_isAnExcessOfOne() {
    var lines = judged(grants(/* burst= */ 101, STEP_NANOS, /* number= */ 999));

    assertThat(lines.get(0).ours()).isEqualTo(1);
    fallsShort(lines.get(0));
    passes(lines.get(1)); // the total alone does not show it
  }

  @Test
  void rateThatIsTooHigh_isAnExcess() {
    var lines = judged(grants(/* burst= */ 100, STEP_NANOS * 10 / 11, /* number= */ 1_100));

    assertThat(lines.get(0).ours()).isBetween(99.0, 101.0);
    assertThat(lines).allSatisfy(AccuracyTest::fallsShort);
  }

  /** A second burst amid a quiet time, as from an instance that was restarted. */
  @Test
  void secondBurst_isAnExcess_thoughTheTotalIsSmall() {
    var granted = grants(/* burst= */ 100, STEP_NANOS, /* number= */ 500);
    granted.addAll(grants(/* burst= */ 100, STEP_NANOS, /* number= */ 0));

    assertThat(judged(granted).get(0).ours()).isEqualTo(100);
  }

  @Test
  void grantThatMayBelongElsewhere_isNoExcess() {
    var granted = grants(/* burst= */ 100, STEP_NANOS, /* number= */ 0);
    granted.add(new long[] {-1, STEP_NANOS}); // asked for before, there after

    assertThat(judged(granted).get(0).ours()).isZero();
  }

  @ParameterizedTest
  @CsvSource({"990, true", "988, false"})
  void totalThatIsTooSmall_fallsShort_beyondOnePercent(int number, boolean isGood) {
    var lines = judged(grants(/* burst= */ 100, STEP_NANOS, number));

    passes(lines.get(0));
    assertThat(lines.get(1).toString()).endsWith(isGood ? "PASS" : "SHORT");
  }

  /** The seeded bug, from end to end: each client has the whole limit for itself. */
  @Test
  void clientsThatDoNotKnowOfEachOther_areNoticed() throws Exception {
    List<BooleanSupplier> clients = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      var own =
          RateLimiter.local("accuracy").limit("api", RateLimit.perSecond(100)).build();
      clients.add(() -> own.tryAcquire("a").isPermitted());
    }

    var lines = Accuracy.lines("limiter.accuracy", 1, Accuracy.grants(clients, 1), List.of());

    assertThat(lines.get(0).ours()).isPositive();
    assertThat(lines).allSatisfy(AccuracyTest::fallsShort);
  }

  private static List<Line> judged(List<long[]> granted) {
    return Accuracy.lines("limiter.accuracy", SECONDS, granted, List.of());
  }

  /** Returns a burst at once, and then a number of grants at an even pace. */
  private static List<long[]> grants(int burst, long stepNanos, int number) {
    List<long[]> all = new ArrayList<>();
    for (int i = 0; i < burst; i++) {
      all.add(new long[] {0, 0});
    }
    for (int i = 1; i <= number; i++) {
      all.add(new long[] {i * stepNanos, i * stepNanos});
    }
    return all;
  }

  private static void passes(Line line) {
    assertThat(line.toString()).endsWith("PASS");
  }

  private static void fallsShort(Line line) {
    assertThat(line.toString()).endsWith("SHORT");
  }
}
