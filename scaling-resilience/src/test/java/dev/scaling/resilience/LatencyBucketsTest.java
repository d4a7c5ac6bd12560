package dev.scaling.resilience;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class LatencyBucketsTest {

  @Test
  void buckets_coverAllLatencies_withoutAGap() {
    long least = 512;
    for (int bucket = 0; bucket < LatencyBuckets.COUNT; bucket++) {
      long most = LatencyBuckets.mostNanos(bucket);
      assertThat(LatencyBuckets.of(least)).as("bucket of %d", least).isEqualTo(bucket);
      assertThat(LatencyBuckets.of(most)).as("bucket of %d", most).isEqualTo(bucket);
      assertThat((most - least) * 32).as("width at %d", least).isLessThan(least);
      least = most + 1;
    }
    assertThat(least).as("beyond an hour").isGreaterThan(3_600_000_000_000L);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 511})
  void shorterLatency_countsAsTheShortest(long nanos) {
    assertThat(LatencyBuckets.of(nanos)).isZero();
  }

  @ParameterizedTest
  @ValueSource(longs = {1L << 42, Long.MAX_VALUE})
  void longerLatency_countsAsTheLongest(long nanos) {
    assertThat(LatencyBuckets.of(nanos)).isEqualTo(LatencyBuckets.COUNT - 1);
  }
}
