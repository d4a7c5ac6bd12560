package dev.scaling.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.scaling.testkit.SimulatedLoad.Gate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Simulated servers and loads, against what queueing theory says of them. */
final class SimulatedLoadTest {

  private static final Gate OPEN = start -> start.accept(() -> {});

  private final VirtualTime time = new VirtualTime();
  private final SplittableRandom random = new SplittableRandom(7);

  @Test
  void requests_areServedInOrder_asWorkersComeFree() {
    var server = new SimulatedServer(time, 2, () -> 10_000_000);
    List<String> done = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      int number = i;
      server.handle(() -> done.add(number + " at " + time.nanoTime() / 1_000_000));
    }
    assertThat(server.usage()).isEqualTo(3);

    time.advance(Duration.ofMillis(20));

    assertThat(done).containsExactly("0 at 10", "1 at 10", "2 at 20");
    assertThat(server.usage()).isZero();
  }

  @Test
  void requestsThatNobodyWantsAnyMore_takeNoWorker() {
    var server = new SimulatedServer(time, 1, () -> 10_000_000);
    List<String> done = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      int number = i;
      server.handle(
          () -> number % 2 == 0 || time.nanoTime() == 0,
          () -> done.add(number + " at " + time.nanoTime() / 1_000_000));
    }

    time.advance(Duration.ofMillis(20));

    assertThat(done).containsExactly("0 at 10", "2 at 20");
    assertThat(server.usage()).isZero();
  }

  @Test
  void moreWorkers_takeWhatWaits() {
    var server = new SimulatedServer(time, 1, () -> 10_000_000);
    for (int i = 0; i < 3; i++) {
      server.handle(() -> {});
    }

    server.workers(3);
    time.advance(Duration.ofMillis(10));

    assertThat(server.usage()).isZero();
  }

  /** M/M/1 at half its capacity: the time in the system is exponential with twice the mean. */
  @Test
  void singleServer_hasTheLatencyOfTheFormula() {
    var server =
        new SimulatedServer(time, 1, SimulatedServer.exponential(random, Duration.ofMillis(10)));
    var load = new SimulatedLoad(time, random, server, 50, List.of(OPEN));

    var report = load.run(Duration.ofMinutes(30));

    assertThat(report.servedPerSecond()).isCloseTo(50, within(1.0));
    assertThat(millis(report.median())).isCloseTo(20 * Math.log(2), within(1.0));
    assertThat(millis(report.percentile99())).isCloseTo(20 * Math.log(100), within(8.0));
  }

  @Test
  void closedGate_letsNobodyIn_andRequestsGoOnArriving() {
    var server = new SimulatedServer(time, 1, () -> 1);
    var load = new SimulatedLoad(time, random, server, 100, List.of(start -> {}));

    var report = load.run(Duration.ofMinutes(1));
    load.perSecond(200);
    var later = load.run(Duration.ofMinutes(1));

    assertThat(report.served()).isZero();
    assertThat(report.median()).isZero();
    assertThat(report.requests()).isCloseTo(6_000, within(300L));
    assertThat(later.requests()).isCloseTo(12_000, within(400L));
  }

  @Test
  void badSettings_areRefused() {
    var server = new SimulatedServer(time, 1, () -> 1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> server.workers(0))
        .withMessage("workers must be in [1, 2147483647]: 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new SimulatedLoad(time, random, server, Double.NaN, List.of(OPEN)))
        .withMessage("perSecond must be in (0, 1e9]: NaN");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new SimulatedLoad(time, random, server, 1, List.of()))
        .withMessage("gates must not be empty: []");
  }

  private static double millis(Duration duration) {
    return duration.toNanos() / 1e6;
  }
}
