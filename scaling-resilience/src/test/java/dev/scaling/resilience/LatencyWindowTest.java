package dev.scaling.resilience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class LatencyWindowTest {

  private static final Duration WINDOW = Duration.ofSeconds(10);
  private static final long MILLI = 1_000_000;
  private static final long SLICE = 1_000 * MILLI;

  private final LatencyWindow window = new LatencyWindow(0.95, WINDOW, 100, 0);

  @Test
  void window_knowsNothing_whileItHasTooFewSamples() {
    record(99, 10 * MILLI, 0);
    record(1, 10 * MILLI, SLICE);

    assertThat(window.reading(SLICE)).isEqualTo(LatencyReading.unknown(99, 2 * SLICE));
    assertThat(window.reading(2 * SLICE).isKnown()).isTrue();
    assertThat(window.reading(2 * SLICE).samples()).isEqualTo(100);
  }

  @Test
  void unknownNumbers_changeNothing() {
    var reading = window.reading(0);

    assertThat(reading.isKnown()).isFalse();
    assertThat(reading.triggerNanos()).isEqualTo(Long.MAX_VALUE);
    assertThat(reading.medianNanos()).isZero();
  }

  @Test
  void slice_countsWhenItHasEnded() {
    record(100, 10 * MILLI, 0);

    assertThat(window.reading(SLICE - 1).samples()).isZero();
    assertThat(window.reading(SLICE).samples()).isEqualTo(100);
  }

  @Test
  void reading_isTheSame_untilTheSliceEnds() {
    record(100, 10 * MILLI, 0);

    assertThat(window.reading(SLICE)).isSameAs(window.reading(2 * SLICE - 1));
  }

  @Test
  void shiftOfLatencies_isFollowedWithinAWindow() {
    long now = 0;
    for (; now < 20 * SLICE; now += 10 * MILLI) {
      window.record(10 * MILLI, now);
    }
    assertThat(window.reading(now).triggerNanos()).isBetween(10 * MILLI, 10_313_000L);

    long shiftNanos = now;
    for (; now < shiftNanos + SLICE; now += 10 * MILLI) {
      window.record(100 * MILLI, now);
    }
    assertThat(window.reading(now).triggerNanos()).isBetween(100 * MILLI, 103_130_000L);
    for (; now < shiftNanos + 10 * SLICE; now += 10 * MILLI) {
      window.record(100 * MILLI, now);
    }
    assertThat(window.reading(now).medianNanos()).isBetween(100 * MILLI, 103_130_000L);

    for (; now < shiftNanos + 20 * SLICE; now += 10 * MILLI) {
      window.record(10 * MILLI, now);
    }
    assertThat(window.reading(now).triggerNanos()).isBetween(10 * MILLI, 10_313_000L);
  }

  @Test
  void windowWithoutCalls_knowsNothing() {
    record(1_000, 10 * MILLI, 0);

    assertThat(window.reading(10 * SLICE).samples()).isEqualTo(1_000);
    assertThat(window.reading(11 * SLICE).samples()).isZero();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 1_000_000})
  void clockThatGoesBack_changesNothing(long backNanos) {
    record(100, 10 * MILLI, 0);
    var known = window.reading(SLICE);
    window.record(-backNanos, SLICE);
    record(100, 10 * MILLI, SLICE - backNanos);

    assertThat(window.reading(SLICE - backNanos)).isSameAs(known);
    assertThat(window.reading(2 * SLICE).samples()).isEqualTo(200);
  }

  @Test
  void clockThatLeaps_doesNotStopIt() {
    record(100, 10 * MILLI, 0);
    long later = Long.MAX_VALUE - SLICE;
    record(100, 10 * MILLI, later);

    assertThat(window.reading(later + SLICE).samples()).isEqualTo(100);
  }

  @Nested
  final class ConstructorRejects {

    @ParameterizedTest
    @ValueSource(doubles = {0.49, 1, Double.NaN})
    void quantileOutsideItsRange(double quantile) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new LatencyWindow(quantile, WINDOW, 100, 0))
          .withMessage("quantile must be in [0.5, 0.9999]: " + quantile);
    }

    @Test
    void windowOutsideItsRange() {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new LatencyWindow(0.95, Duration.ofMillis(999), 100, 0))
          .withMessage("window must be in [PT1S, PT10M]: PT0.999S");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1_000_001})
    void leastSamplesOutsideTheirRange(int leastSamples) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new LatencyWindow(0.95, WINDOW, leastSamples, 0))
          .withMessage("leastSamples must be in [1, 1000000]: " + leastSamples);
    }
  }

  private void record(int times, long latencyNanos, long nowNanos) {
    for (int i = 0; i < times; i++) {
      window.record(latencyNanos, nowNanos);
    }
  }

  @Test
  void attempts_areSparedOnceThereArePlenty_evenly_andNeverSoThatNothingIsKnown() {
    var window = new LatencyWindow(0.5, Duration.ofSeconds(10), 100, 0);
    long counted = 0;
    for (long now = 0; now < 60_000_000_000L; now += 1_000_003) { // a thousand a second
      if (!window.isSpared(now)) {
        window.record(10_000_000, now);
        counted++;
      }
      if (now > 20_000_000_000L) {
        assertThat(window.reading(now).isKnown()).isTrue();
      }
    }

    assertThat(counted).isBetween(60_000L / 8, 60_000L / 3);
  }
}
