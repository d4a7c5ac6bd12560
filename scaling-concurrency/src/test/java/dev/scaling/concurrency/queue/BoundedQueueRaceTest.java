package dev.scaling.concurrency.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.concurrency.queue.Round.Fault;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/**
 * Many threads put, cancel, time out and close at once: every item that was accepted ends once, in
 * bounds and in order, and no put is left waiting.
 */
@Timeout(120)
final class BoundedQueueRaceTest {

  private static final int ROUNDS = 200;

  private static final Logger LOGGER = Logger.getLogger(BoundedQueue.class.getName());

  private final long seed = new Random().nextLong();
  private final ExecutorService threads = Executors.newCachedThreadPool();

  @BeforeEach
  void hush() {
    LOGGER.setLevel(Level.OFF); // its hooks throw
  }

  @AfterEach
  void end() {
    LOGGER.setLevel(null);
    threads.shutdownNow();
  }

  @Test
  void acceptedItems_endOnce_whoeverComesAndGoes() throws Exception {
    System.out.println("BoundedQueueRaceTest seed " + seed);
    var random = new Random(seed);
    var total = new AtomicInteger();

    for (int i = 0; i < ROUNDS; i++) {
      var round = new Round(threads, random, Fault.NONE, Duration.ofSeconds(30));
      assertThat(round.faults()).as("round %s of seed %s", i, seed).isEmpty();
      total.addAndGet((int) round.queue.snapshot().handled());
    }

    assertThat(total).hasValueGreaterThan(ROUNDS * Round.PRODUCERS);
  }

  /** The controls: the checker sees each of these within some rounds. */
  @ParameterizedTest
  @EnumSource(mode = Mode.EXCLUDE, names = "NONE")
  void brokenQueue_isNoticed(Fault fault) throws Exception {
    var random = new Random(seed);

    List<String> seen = List.of();
    for (int i = 0; i < ROUNDS && !shows(seen, fault); i++) {
      seen = new Round(threads, random, fault, Duration.ofMillis(300)).faults();
    }

    assertThat(shows(seen, fault)).as("seed %s: %s", seed, seen).isTrue();
  }

  private static boolean shows(List<String> seen, Fault fault) {
    return seen.stream().anyMatch(what -> what.contains(fault.seenAs));
  }
}
