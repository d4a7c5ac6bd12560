package dev.scaling.locks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.locks.LockHistory.Kind;
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

/**
 * That lock services keep what they promise in random histories: over simulated nodes, and with
 * networks, processes, servers and clocks that fail.
 */
@Tag("simulation") // in virtual time: one JDK shows it
@Timeout(36_000)
final class LockSimulationTest {

  private static final String HISTORIES = "scaling.locks.histories";
  private static final int ENOUGH_TO_NOTICE = 20_000;

  private final long seed = Long.getLong("scaling.locks.seed", new Random().nextLong());
  private final Logger log = Logger.getLogger(LockService.class.getName());

  @BeforeEach
  void beQuiet() {
    log.setLevel(Level.OFF);
  }

  @AfterEach
  void beLoud() {
    log.setLevel(null);
  }

  @ParameterizedTest
  @EnumSource
  void locks_keepTheirPromises(Kind kind) {
    assertHistories(kind, Integer.getInteger(HISTORIES, 60));
  }

  @ParameterizedTest
  @EnumSource
  @Tag("chaos") // some hours
  void locks_keepTheirPromises_inAMillionHistories(Kind kind) {
    assertHistories(kind, Integer.getInteger(HISTORIES, 333_334));
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NOTHING")
  void mistake_isNoticed(Seeded mistake) {
    var kind = mistake == Seeded.NO_MARK ? Kind.LOSSES : Kind.FAULTS;
    String wrong = null;
    for (int i = 0; i < ENOUGH_TO_NOTICE && wrong == null; i++) {
      wrong = new LockHistory(mistake.seed + i, kind, mistake).run(); // the same each time
    }
    assertThat(wrong).isNotNull();
    if (mistake == Seeded.CLIENT_CLOCK) {
      assertThat(wrong).contains("valid at once", "semaphore#");
    }
  }

  @Test
  void history_isTheSameAgain() {
    var once = new LockHistory(seed, Kind.FAULTS, Seeded.NOTHING);
    var again = new LockHistory(seed, Kind.FAULTS, Seeded.NOTHING);
    assertThat(once.run()).isEqualTo(again.run());
    assertThat(once.acquisitions()).isEqualTo(again.acquisitions());
  }

  private void assertHistories(Kind kind, int count) {
    long acquisitions = 0;
    long readings = 0;
    long handOvers = 0;
    for (int i = 0; i < count; i++) {
      var history = new LockHistory(seed + i, kind, Seeded.NOTHING);
      assertThat(history.run()).as("seed %d", seed + i).isNull();
      acquisitions += history.acquisitions();
      readings += history.readings();
      handOvers += history.handOvers();
    }
    assertThat(acquisitions).as("seed %d", seed).isGreaterThan(count); // or nothing was seen
    assertThat(readings).as("seed %d", seed).isGreaterThan(count);
    assertThat(handOvers).as("seed %d", seed).isGreaterThan(count / 2);
  }
}
