package dev.scaling.concurrency.adaptive;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;

/** Limits that are found for dependencies whose throughput is a function of the usage. */
final class KneeTest {

  private static final double SECONDS = 1;

  private long window;

  @Test
  void throughputThatGrowsWithTheUsage_raisesTheLimitToTheGreatest() {
    var knee = new Knee(1, 500, 20);

    observe(knee, 100, usage -> 100 * usage);

    assertThat(knee.limit()).isEqualTo(500);
  }

  @Test
  void throughputThatDoesNotGrow_lowersTheLimitToTheLeast() {
    var knee = new Knee(3, 500, 20);

    observe(knee, 100, usage -> 1_000);

    assertThat(knee.limit()).isEqualTo(3);
  }

  @Test
  void throughputThatShrinks_lowersTheLimit() {
    var knee = new Knee(1, 500, 200);

    observe(knee, 200, usage -> usage < 50 ? 100 * usage : 250_000 / usage);

    assertThat(knee.limit()).isBetween(40, 90);
  }

  @Test
  void throughputWithAKnee_isMetThere() {
    var knee = new Knee(1, 500, 20);

    observe(knee, 100, usage -> 100 * Math.min(usage, 64));

    assertThat(knee.limit()).isBetween(64, 110); // what half of it loses is 2^-0.5 at 90
  }

  @Test
  void experiments_becomeRareOnceNothingMoves() {
    var knee = new Knee(1, 500, 90);
    observe(knee, 100, usage -> 100 * Math.min(usage, 64));

    int experiments = observe(knee, 320, usage -> 100 * Math.min(usage, 64));

    assertThat(experiments).isBetween(9, 11);
  }

  /** Or every second window would run with half of a pool of connections, for ever. */
  @Test
  void experiments_becomeRareAtTheGreatestLimit_andAtTheLeast() {
    var greatest = new Knee(1, 12, 12);
    observe(greatest, 100, usage -> 100 * usage);
    assertThat(observe(greatest, 320, usage -> 100 * usage)).isBetween(9, 11);
    assertThat(greatest.limit()).isEqualTo(12);

    var least = new Knee(20, 500, 20);
    observe(least, 100, usage -> 500);
    assertThat(observe(least, 320, usage -> 500)).isBetween(9, 11);
    assertThat(least.limit()).isEqualTo(20);
  }

  /** Load that comes and goes looks like throughput that only a greater limit brings. */
  @Test
  void experimentInWhichFewerCallsCame_provesNothing() {
    var knee = new Knee(1, 500, 20);

    for (int i = 0; i < 100; i++) {
      int limit = knee.begin(window++);
      knee.end(
          limit == 20
              ? new Observation(1_000, 20_000, 0, 1_000, SECONDS)
              : new Observation(400, 3_000, 0, 10, SECONDS));
    }

    assertThat(knee.limit()).isEqualTo(20);
  }

  @Test
  void limitThatKeepsNobodyBack_isLeftAlone() {
    var knee = new Knee(1, 500, 20);

    for (int i = 0; i < 100; i++) {
      assertThat(knee.begin(window++)).isEqualTo(20);
      knee.end(new Observation(1_000, 10_000, 0, /* blocked= */ 49, SECONDS));
    }
  }

  @Test
  void fewCalls_proveNothing() {
    var knee = new Knee(1, 500, 20);

    for (int i = 0; i < 8; i++) {
      int limit = knee.begin(window++);
      knee.end(new Observation(3, 3L * limit, 0, 3, SECONDS)); // looks like no gain at all
    }

    assertThat(knee.limit()).isEqualTo(20);
  }

  @Test
  void overloads_lowerTheLimitAtOnce() {
    var knee = new Knee(1, 500, 100);
    knee.begin(window++);

    knee.end(new Observation(10, 1_000, 11, 0, SECONDS));

    assertThat(knee.limit()).isEqualTo(70);
  }

  /** The counters are read one after the other, so a success may be seen without its usage. */
  @Test
  void countsThatDisagree_breakNothing() {
    var knee = new Knee(1, 500, 20);
    for (int i = 0; i < 100; i++) {
      knee.begin(window++);
      knee.end(new Observation(1, 0, 0, 1, SECONDS));
    }

    assertThat(knee.limit()).isEqualTo(20);
    observe(knee, 100, usage -> 100 * usage);
    assertThat(knee.limit()).isEqualTo(500);
  }

  @Test
  void limitThatMayNotMove_isNeverTriedOtherwise() {
    var knee = new Knee(7, 7, 7);

    assertThat(observe(knee, 50, usage -> 100 * usage)).isZero();
    assertThat(knee.limit()).isEqualTo(7);
  }

  /** Lets windows pass in which the limit is always reached; returns the number of experiments. */
  private int observe(Knee knee, int windows, DoubleUnaryOperator throughput) {
    int experiments = 0;
    for (int i = 0; i < windows; i++) {
      int found = knee.limit();
      int limit = knee.begin(window++);
      experiments += limit == found ? 0 : 1;
      long successes = (long) throughput.applyAsDouble(limit);
      knee.end(new Observation(successes, successes * limit, 0, successes, SECONDS));
    }
    return experiments;
  }
}
