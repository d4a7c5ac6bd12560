package dev.scaling.locks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.locks.TokenHistory.Broken;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * That fencing tokens are unique and grow, in random schedules of the shipped attempts; that
 * readers may share them, and no writer does.
 */
@Tag("simulation") // in virtual time: one JDK shows it
@Timeout(1_200)
final class QuorumTokenTest {

  private static final String SCHEDULES = "scaling.locks.schedules";

  private final long seed = Long.getLong("scaling.locks.seed", new Random().nextLong());

  @Test
  void tokens_areUniqueAndGrow() {
    assertSchedules(Integer.getInteger(SCHEDULES, 1_000_000));
  }

  @Test
  @Tag("chaos") // some minutes
  void tokens_areUniqueAndGrow_inTenMillionSchedules() {
    assertSchedules(10 * Integer.getInteger(SCHEDULES, 1_000_000));
  }

  @ParameterizedTest
  @CsvSource({
    "NOT_CONFIRMED, false",
    "RAISES_FOR_ANYBODY, false",
    "RAISES_WITHOUT_LOOKING, false",
    "READERS_ADD_NOTHING, false",
    "READERS_LEAVE_WRITER, false",
    "READERS_JOIN_OLD_ONES, true",
    "RESERVES_NOTHING, false",
    "NO_MARK, true",
    "NO_QUARANTINE, true",
    "NO_BASE, true"
  })
  void whatIsLeftOut_isMissed(Broken broken, boolean losesMemory) {
    boolean isNoticed = false;
    for (int i = 0; i < 2_000_000 && !isNoticed; i++) {
      isNoticed = new TokenHistory(seed + i, /* size= */ 3, losesMemory, broken).run() != null;
    }
    assertThat(isNoticed).as("seed %d", seed).isTrue();
  }

  private void assertSchedules(int count) {
    long wins = 0;
    for (int i = 0; i < count; i++) {
      int size = i % 8 == 7 ? 1 : i % 2 == 0 ? 3 : 5;
      boolean losesMemory = size > 1 && i % 4 > 1;
      var history = new TokenHistory(seed + i, size, losesMemory, Broken.NOTHING);
      assertThat(history.run()).as("seed %d, %d nodes", seed + i, size).isNull();
      wins += history.wins();
    }
    assertThat(wins).as("seed %d", seed).isGreaterThan(count); // or nothing was seen
  }
}
