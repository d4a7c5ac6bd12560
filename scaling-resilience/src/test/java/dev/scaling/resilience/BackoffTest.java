package dev.scaling.resilience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

final class BackoffTest {

  private static final Duration BASE = Duration.ofMillis(100);
  private static final Duration MOST = Duration.ofSeconds(1);
  private static final int TIMES = 20_000;
  private static final int RETRIES = 40;

  private final RandomGenerator random = new Random(7);

  @Test
  void waitsWithJitter_areHardlyEverTheGreatest() {
    for (Backoff backoff : List.of(
        Backoff.fullJitter(BASE, MOST),
        Backoff.equalJitter(BASE, MOST),
        Backoff.decorrelatedJitter(BASE, MOST))) {
      for (int retry = 1; retry <= RETRIES; retry++) {
        assertThat(shareOfGreatest(backoff, retry)).as("retry %d", retry).isLessThan(0.001);
      }
    }
  }

  @Test
  void waitThatIsCutOffAtTheGreatest_isSeen() {
    Backoff cutOff = (retry, previous, from) -> {
      long ceiling = BASE.toNanos() << Math.min(retry - 1, 20);
      return Math.min(MOST.toNanos(), ceiling / 2 + from.nextLong(ceiling));
    };

    assertThat(shareOfGreatest(cutOff, 6)).isGreaterThan(0.9);
  }

  @Test
  void fullJitter_isBetweenZero_andACeilingThatDoubles() {
    var backoff = Backoff.fullJitter(BASE, MOST);

    for (int retry = 1; retry <= RETRIES; retry++) {
      long ceiling = Math.min(MOST.toNanos(), BASE.toNanos() << Math.min(retry - 1, 10));
      assertSpread(backoff, retry, 0, ceiling);
    }
  }

  @Test
  void equalJitter_isBetweenHalf_andTheWholeOfIt() {
    var backoff = Backoff.equalJitter(BASE, MOST);

    assertSpread(backoff, 1, BASE.toNanos() / 2, BASE.toNanos());
    assertSpread(backoff, 2, BASE.toNanos(), 2 * BASE.toNanos());
    assertSpread(backoff, Integer.MAX_VALUE, MOST.toNanos() / 2, MOST.toNanos());
  }

  @Test
  void decorrelatedJitter_isBetweenTheBase_andThreeTimesTheLastWait() {
    var backoff = Backoff.decorrelatedJitter(BASE, MOST);
    long previous = 0;

    for (int retry = 1; retry <= TIMES; retry++) {
      long wait = backoff.nanos(retry, previous, random);
      long highest = Math.min(MOST.toNanos(), 3 * Math.max(BASE.toNanos(), previous));
      assertThat(wait).isBetween(BASE.toNanos(), highest - 1);
      previous = wait;
    }
  }

  @Test
  void longestAndShortest_areHeld() {
    var hour = Duration.ofHours(1);

    assertThat(Backoff.fullJitter(hour, hour).nanos(Integer.MAX_VALUE, 0, random))
        .isBetween(0L, hour.toNanos() - 1);
    assertThat(Backoff.decorrelatedJitter(BASE, hour).nanos(9, Long.MAX_VALUE, random))
        .isBetween(BASE.toNanos(), hour.toNanos() - 1);
    assertThat(Backoff.fixed(Duration.ZERO).nanos(1, 0, random)).isZero();
    assertThat(Backoff.fixed(BASE).nanos(5, 3, random)).isEqualTo(BASE.toNanos());
  }

  @Test
  void badInput_isNamed() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Backoff.fullJitter(Duration.ZERO, MOST))
        .withMessage("base must be in [PT0.001S, PT1S]: PT0S");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Backoff.equalJitter(Duration.ofSeconds(2), MOST))
        .withMessage("base must be in [PT0.001S, PT1S]: PT2S");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Backoff.fullJitter(BASE, Duration.ofHours(2)))
        .withMessage("most must be in [PT0.001S, PT1H]: PT2H");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Backoff.decorrelatedJitter(MOST, MOST))
        .withMessage("base must be less than most: PT1S");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Backoff.fixed(Duration.ofNanos(-1)))
        .withMessage("wait must be in [PT0S, PT1H]: PT-0.000000001S");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Backoff.fullJitter(BASE, MOST).nanos(0, 0, random))
        .withMessage("retry must be in [1, 2147483647]: 0");
    assertThatNullPointerException()
        .isThrownBy(() -> Backoff.fullJitter(null, MOST))
        .withMessage("base");
  }

  /** Returns which share of the waits is as long as waits may be, or within a thousandth of it. */
  private double shareOfGreatest(Backoff backoff, int retry) {
    int greatest = 0;
    for (int i = 0; i < TIMES; i++) {
      long wait = backoff.nanos(retry, MOST.toNanos(), random);
      greatest += wait >= MOST.toNanos() - 1_000 ? 1 : 0;
    }
    return greatest / (double) TIMES;
  }

  private void assertSpread(Backoff backoff, int retry, long least, long below) {
    long sum = 0;
    for (int i = 0; i < TIMES; i++) {
      long wait = backoff.nanos(retry, 0, random);
      assertThat(wait).isBetween(least, below - 1);
      sum += wait / TIMES;
    }
    double middle = (least + below) / 2.0;
    assertThat((double) sum).isBetween(middle * 0.97, middle * 1.03);
  }
}
