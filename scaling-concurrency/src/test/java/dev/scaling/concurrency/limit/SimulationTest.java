package dev.scaling.concurrency.limit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.concurrency.limit.History.Broken;
import dev.scaling.concurrency.limit.History.Scenario;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/**
 * Random histories of several instances in virtual time, over a network that loses and delays and a
 * server that pauses, fails over, or whose clock steps, judged by an oracle of envelopes.
 */
@Timeout(1_800)
final class SimulationTest {

  private static final String HISTORIES = "scaling.limiter.histories";

  private final long seed = Long.getLong("scaling.limiter.seed", new Random().nextLong());

  @Test
  void limits_areNeverExceeded_beyondTheirBound() {
    assertHistories(Integer.getInteger(HISTORIES, 100_000));
  }

  @Test
  @Tag("chaos") // some minutes
  void limits_areNeverExceeded_inAMillionHistories() {
    assertHistories(Integer.getInteger(HISTORIES, 1_000_000));
  }

  @ParameterizedTest
  @EnumSource(mode = Mode.EXCLUDE, names = "NOTHING")
  void oracle_noticesWhatIsBroken(Broken broken) {
    boolean noticed = false;
    for (int i = 0; i < 20_000 && !noticed; i++) {
      var wrong = new History(seed + i, broken.scenario, broken).run();
      noticed = wrong != null && wrong.contains(broken.seenAs());
    }
    assertThat(noticed).as("seed %d", seed).isTrue();
  }

  private void assertHistories(int count) {
    var scenarios = Scenario.values();
    for (int i = 0; i < count; i++) {
      var scenario = scenarios[i % scenarios.length];
      var wrong = new History(seed + i, scenario, Broken.NOTHING).run();
      assertThat(wrong).as("seed %d, %s", seed + i, scenario).isNull();
    }
  }
}
