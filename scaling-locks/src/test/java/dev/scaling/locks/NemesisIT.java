package dev.scaling.locks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Locks of several processes while nodes, clients, clocks and what is between them fail, by a plan
 * that the seed in a failure's message brings back. The histories stay in {@code target/nemesis}.
 */
@Timeout(3_600)
final class NemesisIT {

  private static final String PROPERTY = "scaling.locks.nemesis.";
  private static final int SHORT_SECONDS = 12;

  private final long seed = Long.getLong(PROPERTY + "seed", new Random().nextInt(1_000_000));

  @Test
  @Tag("processes") // one JDK in CI
  void locks_holdWhatTheyPromise() throws Exception {
    assertHolds(seed, 3, SHORT_SECONDS);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 5})
  @Tag("chaos")
  void locks_holdWhatTheyPromise_forLong(int nodes) throws Exception {
    int runs = Integer.getInteger(PROPERTY + "runs", 10);
    for (int i = 0; i < runs; i++) {
      assertHolds(seed + i, nodes, Integer.getInteger(PROPERTY + "seconds", 60));
    }
  }

  /** The control: one slow node is enough for Redisson's lock to be had twice. */
  @Test
  @Tag("chaos")
  void redLock_isCaught() throws Exception {
    var redLock = Locker.Kind.RED_LOCK;
    var check = Nemesis.run("red-lock", slowNode(), 3, seed, redLock, redLock, redLock);

    assertThat(check.violations()).anyMatch(each -> each.startsWith("two holders"));
  }

  /** What the control is a control of. */
  @Test
  @Tag("chaos")
  void locks_holdWhatTheyPromise_onASlowNode() throws Exception {
    var ours = Locker.Kind.FIXED;

    assertThat(Nemesis.run("slow-node", slowNode(), 3, seed, ours, ours, ours).violations())
        .isEmpty();
  }

  /** A node is slow for two of three clients. */
  private static List<Fault> slowNode() {
    return List.of(
        new Fault(0, 40_000, Fault.Kind.SLOW, /* node= */ 1, /* client= */ 0, /* amount= */ 200),
        new Fault(0, 40_000, Fault.Kind.SLOW, /* node= */ 1, /* client= */ 1, /* amount= */ 200));
  }

  private static void assertHolds(long seed, int nodes, int seconds) throws Exception {
    var check = Nemesis.run(seed, nodes, seconds);
    String run = "%d nodes, seed %d, %d acquired, %d lost"
        .formatted(nodes, seed, check.acquired(), check.lost());
    System.getLogger(NemesisIT.class.getName()).log(System.Logger.Level.INFO, run);
    assertThat(check.violations()).as(run).isEmpty();
    assertThat(check.acquired()).as(run).isGreaterThan(seconds);
  }
}
