package dev.scaling.resilience;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What hedges take off the tail, and add to the load, where one of a hundred answers straggles. */
@Tag("simulation")
final class HedgeTailTest {

  private static final Duration WINDOW = Duration.ofSeconds(10);
  private static final int WARM_UP = 20_000;
  private static final int CALLS = 100_000;
  private static final int SOON = 5_000; // calls after which the trigger has followed
  private static final double EXTRA = 0.05;

  @Test
  void tail_fallsTenfold_forATwentiethMoreAttempts() {
    var without = new HedgedCalls(never(), true).begin(WARM_UP).begin(CALLS);
    var with = new HedgedCalls(window(), true).begin(WARM_UP).begin(CALLS);

    assertThat(without.extra()).isZero();
    assertThat(with.extra()).isBetween(0.8 * EXTRA, EXTRA);
    assertThat(with.millis(0.5)).isLessThan(1.01 * without.millis(0.5));
    assertThat(with.millis(0.99)).isLessThan(without.millis(0.99) / 5);
    assertThat(with.millis(0.999)).isLessThan(without.millis(0.999) / 10);
  }

  @Test
  void tenfoldLatency_isNotAnsweredByMoreAttempts() {
    var calls = new HedgedCalls(window(), true).begin(WARM_UP);
    calls.scale(10);
    int soon = calls.begin(SOON).hedged();
    int then = calls.begin(CALLS).hedged();

    assertThat(soon).isLessThanOrEqualTo((int) (EXTRA * SOON + HedgedCalls.BURST));
    assertThat(soon + then).isLessThanOrEqualTo((int) (EXTRA * (SOON + CALLS)));
    var without = new HedgedCalls(never(), true).scale(10).begin(CALLS);
    assertThat(calls.millis(0.999)).isLessThan(without.millis(0.999) / 10);
  }

  @Test
  void tenfoldLatency_isAnsweredByManyMoreAttempts_withoutABudget() {
    var calls = new HedgedCalls(window(), false).begin(WARM_UP);
    calls.scale(10);
    int soon = calls.begin(SOON).hedged();
    int then = calls.begin(CALLS).hedged();

    assertThat(soon).isGreaterThan((int) (5 * EXTRA * SOON));
    assertThat(soon + then).isGreaterThan((int) (1.2 * EXTRA * (SOON + CALLS)));
  }

  @Test
  void triggerOfSurvivors_isTooEarly() {
    var all = new HedgedCalls(window(), false).begin(WARM_UP).begin(CALLS);
    var survivors = new HedgedCalls(survivorsOf(window()), false).begin(WARM_UP).begin(CALLS);

    assertThat(all.extra()).isLessThan(EXTRA);
    assertThat(survivors.extra()).isGreaterThan(1.1 * EXTRA);
  }

  private static Latencies window() {
    return Latencies.of(new LatencyWindow(1 - EXTRA, WINDOW, 100, 0));
  }

  /** Has too few samples, always. */
  private static Latencies never() {
    return Latencies.of(new LatencyWindow(1 - EXTRA, WINDOW, 1_000_000, 0));
  }

  private static Latencies survivorsOf(Latencies window) {
    return new Latencies() {
      @Override
      public void record(long latencyNanos, long nowNanos) {
        window.record(latencyNanos, nowNanos);
      }

      @Override
      public void recordCensored(long elapsedNanos, long nowNanos) {}

      @Override
      public LatencyReading reading(long nowNanos) {
        return window.reading(nowNanos);
      }
    };
  }
}
