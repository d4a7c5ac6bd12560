package dev.scaling.resilience;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Random;
import java.util.function.LongUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * That what is known is what the exact quantiles of the very samples of the window are, or less
 * than a 32nd above them, for many distributions, pauses and kinds of records.
 */
final class LatencyOracleTest {

  private static final double QUANTILE = 0.95;
  private static final Duration WINDOW = Duration.ofSeconds(10);
  private static final int LEAST_SAMPLES = 20;
  private static final long START = Long.MAX_VALUE - Duration.ofSeconds(20).toNanos(); // it wraps
  private static final int TRIALS = 150;
  private static final int STEPS = 1_000;

  @Test
  void shippedWindow_isWithinItsError() {
    for (int seed = 0; seed < TRIALS; seed++) {
      var window = new LatencyWindow(QUANTILE, WINDOW, LEAST_SAMPLES, START);
      assertThat(mistakes(Latencies.of(window), seed)).as("trial %d", seed).isZero();
    }
  }

  @Test
  void windowWithoutAMistake_isNotCaught() {
    assertThat(mistakes(exact(), 0)).isZero();
  }

  @ParameterizedTest
  @EnumSource
  void brokenWindow_isCaught(BrokenLatencies broken) {
    int mistakes = 0;
    for (int seed = 0; seed < TRIALS && mistakes == 0; seed++) {
      mistakes += mistakes(broken.of(QUANTILE, WINDOW.toNanos(), LEAST_SAMPLES, START), seed);
    }
    assertThat(mistakes).isPositive();
  }

  private static SlowLatencies exact() {
    return new SlowLatencies(QUANTILE, WINDOW.toNanos(), LEAST_SAMPLES, START);
  }

  /** Returns how often something else is known than should be. */
  private static int mistakes(Latencies window, int seed) {
    var random = new Random(seed);
    var oracle = exact();
    var latencies = latencies(random);
    long spread = 1L << (20 + random.nextInt(8)); // between records, on average half of it
    long now = START;
    int mistakes = 0;
    for (int step = 0; step < STEPS; step++) {
      boolean isPause = random.nextInt(200) == 0;
      now += random.nextLong(isPause ? 2 * WINDOW.toNanos() : spread);
      long latency = random.nextInt(50) == 0 ? -1 : latencies.applyAsLong(step);
      if (random.nextInt(20) == 0) {
        window.recordCensored(2 * latency, now);
        oracle.recordCensored(2 * latency, now);
      } else {
        window.record(latency, now);
        oracle.record(latency, now);
      }
      if (step % 30 == 0 && !isWithinError(window.reading(now), oracle.reading(now))) {
        mistakes++;
      }
    }
    return mistakes;
  }

  private static boolean isWithinError(LatencyReading known, LatencyReading exact) {
    return known.samples() == exact.samples()
        && known.endsNanos() == exact.endsNanos()
        && known.isKnown() == exact.isKnown()
        && isWithinError(known.triggerNanos(), exact.triggerNanos())
        && isWithinError(known.medianNanos(), exact.medianNanos());
  }

  private static boolean isWithinError(long known, long exact) {
    return known == exact || (known > exact && (known - exact) * 32 < exact);
  }

  private static LongUnaryOperator latencies(Random random) {
    long base = 1_000L << random.nextInt(20);
    return switch (random.nextInt(6)) {
      case 0 -> step -> base;
      case 1 -> step -> base + random.nextLong(base);
      case 2 -> step -> base + (long) (-Math.log(1 - random.nextDouble()) * base);
      case 3 ->
        step -> {
          double nanos = base * Math.exp(0.35 * random.nextGaussian());
          return 1_000 + (long) (random.nextInt(100) == 0 ? 30 * nanos : nanos);
        };
      case 4 -> step -> (1L << (10 + random.nextInt(31))) + random.nextInt(3) - 1;
      default -> step -> (base + random.nextLong(base)) * (step > STEPS / 2 ? 10 : 1);
    };
  }
}
