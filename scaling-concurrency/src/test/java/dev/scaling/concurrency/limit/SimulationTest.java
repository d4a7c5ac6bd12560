package dev.scaling.concurrency.limit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
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
@Tag("simulation") // in virtual time: one JDK shows it
@Timeout(1_800)
final class SimulationTest {

  private static final String HISTORIES = "scaling.limiter.histories";

  private final long seed = Long.getLong("scaling.limiter.seed", new Random().nextLong());
  private final Logger log = Logger.getLogger(RateLimiter.class.getName());

  @BeforeEach
  void beQuiet() {
    log.setLevel(Level.OFF);
  }

  @AfterEach
  void beLoud() {
    log.setLevel(null);
  }

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

  /** What befalls the server. */
  enum Scenario {
    NOTHING,
    PAUSE,
    /**
     * The instances are busy one after the other, each as if it were alone, and then all at once.
     */
    HOARDING,
    /** Its clock is set back, by up to an hour. */
    STEP_BACK,
    STEP_FORWARD,
    /** A failover to a replica that knew nothing. */
    LOSS,
    /** A failover to a replica that has not heard the last writes, and has a clock of its own. */
    FAILOVER,
    /** It does not answer for a while, and each instance grants its share. */
    OUTAGE
  }

  /** What a history is told to get wrong, so that the oracle can be seen to notice. */
  enum Broken {
    NOTHING(Scenario.NOTHING),
    /** More than the limits after a loss is not allowed for. */
    FORGETFUL_SERVER(Scenario.LOSS),
    CLOCK_SET_FORWARD(Scenario.STEP_FORWARD),
    LOST_WRITES(Scenario.FAILOVER),
    /** What is taken in advance is judged as if nothing were. */
    EXCESS_NOT_ALLOWED_FOR(Scenario.NOTHING),
    /** What is taken in advance is never dropped. */
    ALLOTMENTS_NEVER_END(Scenario.HOARDING),
    /** Each instance grants without Redis as if it were alone. */
    SHARE_OF_ONE(Scenario.OUTAGE),
    /** A clock that was set back shuts a key for as long as that. */
    CLOCK_IS_NOT_HEALED(Scenario.STEP_BACK),
    /** An instance's clock is too slow to tell when what was refused may be there. */
    CLOCK_IS_SLOW(Scenario.NOTHING),
    /** What was granted without Redis is never taken there. */
    DEBTS_ARE_FORGOTTEN(Scenario.OUTAGE);

    final Scenario scenario;

    /** Returns the words of the oracle that must notice it. */
    String seenAs() {
      return switch (this) {
        case NOTHING -> "nothing";
        case CLOCK_IS_NOT_HEALED -> "not there again";
        case SHARE_OF_ONE -> "above the shares";
        case CLOCK_IS_SLOW -> "refused falsely";
        default -> ", bound";
      };
    }

    Broken(Scenario scenario) {
      this.scenario = scenario;
    }
  }
}
