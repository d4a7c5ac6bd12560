package dev.scaling.resilience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.scaling.testkit.VirtualTime;
import java.time.Duration;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** When calls are refused, and how many. */
final class ThrottleTest {

  private static final Duration WINDOW = Duration.ofMinutes(2);
  private static final Duration GAP = Duration.ofMillis(10); // between calls: 100 a second
  private static final int CALLS_A_WINDOW = 12_000;

  private final VirtualTime time = VirtualTime.startingAt(Long.MAX_VALUE - 1_000); // it wraps soon
  private final Throttle throttle = throttle(new ThrottleBuilder());

  @Test
  void wellDependency_costsNoChance() {
    RandomGenerator none = () -> {
      throw new IllegalStateException("chance was drawn");
    };
    var untouched = new ThrottleBuilder().minimumPerSecond(0).build(none, time.nanoTime());
    for (int i = 0; i < CALLS_A_WINDOW; i++) {
      assertThat(call(untouched, i % 5 < 3)).isTrue(); // accepts 60 %, more than 1 / k
    }

    assertThat(untouched.dropRatio()).isZero();
    assertThat(untouched.rejections()).isZero();
  }

  @Test
  void deadDependency_getsATenth() {
    calls(CALLS_A_WINDOW, false);
    long before = throttle.rejections();

    calls(CALLS_A_WINDOW, false);

    double reached = CALLS_A_WINDOW - (throttle.rejections() - before);
    assertThat(throttle.dropRatio()).isEqualTo(0.9);
    assertThat(reached / CALLS_A_WINDOW).isEqualTo(0.1, within(0.01)); // 3.6 deviations
  }

  @Test
  void deadDependency_getsATenthSoon() {
    int reached = 0;
    for (int i = 0; i < 2_000; i++) { // 20 seconds
      reached += call(throttle, false) ? 1 : 0;
    }

    // 600 until there are enough to judge by, those of one refresh, and a tenth of the rest
    assertThat(reached).isBetween(600, 610 + 140 + 45);
  }

  @ParameterizedTest
  @ValueSource(doubles = {1.1, 2, 3})
  void dependencyOfFixedCapacity_getsKTimesWhatItAccepts(double k) {
    var throttled = throttle(new ThrottleBuilder().k(k));
    int reached = 0;
    int accepted = 0;
    double room = 0;
    for (int i = 0; i < 3 * CALLS_A_WINDOW; i++) {
      boolean isCounted = i >= 2 * CALLS_A_WINDOW;
      room = Math.min(50, room + 0.2); // a fifth of the demand
      time.advance(GAP);
      if (throttled.tryAdmit(time.nanoTime())) {
        reached += isCounted ? 1 : 0;
        if (room >= 1) {
          room--;
          throttled.accepted(time.nanoTime());
          accepted += isCounted ? 1 : 0;
        }
      }
    }

    assertThat(reached / (double) accepted).isEqualTo(k, within(0.05));
  }

  @Test
  void outageOfTwoWindows_isOverTwoWindowsAfterIt() {
    calls(2 * CALLS_A_WINDOW, true);
    calls(2 * CALLS_A_WINDOW, false);
    assertThat(throttle.dropRatio()).isEqualTo(0.9);

    int calls = 0;
    do {
      call(throttle, true);
      calls++;
    } while (throttle.dropRatio() > 0.01 && calls < 10 * CALLS_A_WINDOW);

    assertThat(calls / (double) CALLS_A_WINDOW).isBetween(1.5, 2.2);
  }

  @Test
  void shortOutage_isOverSooner() {
    calls(CALLS_A_WINDOW, true);

    calls(CALLS_A_WINDOW / 10, false);
    assertThat(throttle.dropRatio()).isZero(); // 90 % were accepted
    calls(CALLS_A_WINDOW / 2, false);
    assertThat(throttle.dropRatio()).isBetween(0.15, 0.25); // 1 - 2 * 40 %

    calls(CALLS_A_WINDOW, true);
    assertThat(throttle.dropRatio()).isZero();
  }

  @Test
  void fewCalls_areNotRefused() {
    for (int i = 0; i < 5_000; i++) {
      time.advance(Duration.ofMillis(210)); // 4.8 a second
      assertThat(throttle.tryAdmit(time.nanoTime())).isTrue();
    }
    for (int i = 0; i < 5_000; i++) {
      time.advance(Duration.ofMillis(190)); // 5.3 a second
      throttle.tryAdmit(time.nanoTime());
    }

    assertThat(throttle.dropRatio()).isEqualTo(0.9);
  }

  @Test
  void idleWindow_isForgotten() {
    calls(CALLS_A_WINDOW, false);

    time.advance(WINDOW.multipliedBy(62).dividedBy(60));

    assertThat(throttle.tryAdmit(time.nanoTime())).isTrue();
    assertThat(throttle.dropRatio()).isZero();
  }

  @Test
  void clockGoingBack_changesNothing() {
    calls(CALLS_A_WINDOW, false);
    double before = throttle.dropRatio();
    long now = time.nanoTime();

    for (long back : new long[] {1, WINDOW.toNanos(), Long.MAX_VALUE / 2}) {
      throttle.tryAdmit(now - back);
      throttle.accepted(now - back);
    }

    assertThat(throttle.dropRatio()).isEqualTo(before);
    assertThat(throttle.requests()).isEqualTo(CALLS_A_WINDOW + 3);
    assertThat(throttle.accepts()).isEqualTo(3);
    calls(CALLS_A_WINDOW, true);
    assertThat(throttle.dropRatio()).isLessThan(before); // and it goes on
  }

  @Test
  void clockLeapingAhead_isAnIdleWindow() {
    calls(CALLS_A_WINDOW, false);
    long leapt = time.nanoTime() + Long.MAX_VALUE / 4;

    assertThat(throttle.tryAdmit(leapt)).isTrue();
    assertThat(throttle.dropRatio()).isZero();
  }

  private Throttle throttle(ThrottleBuilder builder) {
    return builder.build(new Random(7), time.nanoTime());
  }

  private void calls(int times, boolean isAccepted) {
    for (int i = 0; i < times; i++) {
      call(throttle, isAccepted);
    }
  }

  private boolean call(Throttle on, boolean isAccepted) {
    time.advance(GAP);
    boolean isAdmitted = on.tryAdmit(time.nanoTime());
    if (isAdmitted && isAccepted) {
      on.accepted(time.nanoTime());
    }
    return isAdmitted;
  }
}
