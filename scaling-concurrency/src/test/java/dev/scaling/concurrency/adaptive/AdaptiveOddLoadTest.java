package dev.scaling.concurrency.adaptive;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a limit does when load and server are not so even. */
@Timeout(120)
final class AdaptiveOddLoadTest extends AdaptiveSimulation {

  @Test
  void wallClockThatIsSet_doesNoHarm() {
    var limit = limit(builder());
    var load = load(OVERLOAD, gate(limit));
    for (int i = 0; i < 60; i++) {
      load.run(Duration.ofMillis(1_234));
      time.stepWallClock(Duration.ofMillis(random.nextLong(-100_000, 100_000)));
    }

    var report = load.run(MINUTE);

    assertThat(report.servedPerSecond()).isGreaterThan(0.95 * CAPACITY);
    assertThat(report.median()).isLessThan(Duration.ofMillis(16));
  }

  /** A pool of 12 connections to a server that could do more. */
  @Test
  void hardLimitBelowTheKnee_isUsedInFull() {
    server.workers(1_000);
    var limit = limit(builder().initialLimit(12).maximumLimit(12));
    var load = load(4, gate(limit));
    load.run(MINUTE);

    var report = load.run(MINUTE);

    double ideal = 12 / 0.010; // requests a second, were a connection never idle
    assertThat(report.servedPerSecond()).isGreaterThan(0.92 * ideal);
  }

  @ParameterizedTest
  @ValueSource(longs = {500, 700, 1_500, 3_000})
  void loadThatComesAndGoes_doesNotRaiseTheLimit(long millis) {
    var limit = limit(builder());
    var load = load(OVERLOAD, gate(limit));

    for (int i = 0; i < 600_000 / millis; i++) {
      load.perSecond(i % 2 == 0 ? OVERLOAD * CAPACITY : 0.05 * CAPACITY);
      load.run(Duration.ofMillis(millis));
    }

    assertThat(limit.snapshot().limit()).isBetween(10, 25);
  }

  /** As one does whose neighbours, caches or collections of garbage come and go. */
  @ParameterizedTest
  @ValueSource(longs = {1_000, 2_000})
  void serverThatIsFastAndSlowInTurns_isNotLeftIdle(long millis) {
    server.serviceNanos(() -> {
      boolean isFast = time.currentTimeMillis() / millis % 2 == 0;
      return (long) (random.nextExponential() * (isFast ? 5_000_000 : 20_000_000));
    });
    var limit = limit(builder());
    var load = load(OVERLOAD, gate(limit));
    load.run(MINUTE.multipliedBy(3));

    assertThat(load.run(MINUTE).servedPerSecond()).isGreaterThan(0.8 * CAPACITY);
    assertThat(limit.snapshot().limit()).isBetween(8, 30);
  }

  /** From far beyond the knee, where more calls at a time get less done. */
  @Test
  void serverThatCollapses_isBroughtBack() {
    server.workers(100);
    server.serviceNanos(() -> {
      double crowd = server.usage() / 20.0;
      return (long) (random.nextExponential() * 10_000_000 * (1 + crowd * crowd));
    });
    var limit = limit(builder().initialLimit(100));
    var load = load(3, gate(limit));
    load.run(MINUTE);

    assertThat(load.run(MINUTE).servedPerSecond()).isGreaterThan(900); // 490 at 100
  }

  @ParameterizedTest
  @ValueSource(longs = {1_000, 10_000})
  void serverThatOnlyTimesOut_isLeftToAFewCalls(long timeoutMillis) {
    var limit = limit(builder());

    for (int i = 0; i < 30_000; i++) { // 200 a second
      var timeout = Duration.ofMillis(random.nextLong(timeoutMillis / 2, timeoutMillis));
      limit.tryAcquire().ifPresent(permit -> time.schedule(permit::overload, timeout));
      time.advance(Duration.ofMillis(5));
    }

    assertThat(limit.snapshot().limit()).isLessThan(7);
  }
}
