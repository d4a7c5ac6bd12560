package dev.scaling.resilience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.scaling.core.redis.Redis;
import dev.scaling.testkit.CommandCounter;
import dev.scaling.testkit.LogCapture;
import dev.scaling.testkit.RedisExtension;
import dev.scaling.testkit.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A hundred instances in one process that share a budget over one real Redis. Their time is that of
 * the test, so that what depends on it does not depend on the machine.
 */
@Timeout(180)
final class SharedBudgetIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.single();

  private static final int INSTANCES = 100;
  private static final int BURST = 500;
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final VirtualTime time = new VirtualTime();
  private final LogCapture log = new LogCapture(RetryBudget.class);
  private Redis port;
  private CountedRedis redis;
  private Crowd crowd;

  @BeforeEach
  void connect() {
    port = Redis.connect(servers.address());
    port.ready(PATIENCE).join();
    redis = new CountedRedis(port);
    List<RetryBudget> all = new ArrayList<>();
    for (int i = 0; i < INSTANCES; i++) {
      all.add(RetryBudget.builder("crowd")
          .shared(redis.redis())
          .instances(INSTANCES)
          .redisTimeout(Duration.ofSeconds(1))
          .inFlightMinimum(1_000)
          .time(time)
          .build());
    }
    crowd = new Crowd(all, time);
  }

  @AfterEach
  void close() {
    crowd.close();
    port.close();
    log.close();
  }

  @Test
  void success_costsNoCall() throws Exception {
    try (var commands = CommandCounter.sentTo(servers.server())) {
      crowd.run(/* rounds= */ 50, /* failureRatio= */ 0);

      assertThat(scripts(commands.counts())).isZero();
      assertThat(redis.sent).hasValue(0);
    }
  }

  /** A fifth of all attempts fail at random. */
  @Test
  void retries_areWithinTheBound_andCostACallFor25OfThem() throws Exception {
    try (var commands = CommandCounter.sentTo(servers.server())) {
      crowd.run(/* rounds= */ 100, /* failureRatio= */ 0.2);
      await().atMost(PATIENCE).until(redis::isQuiet);

      long calls = scripts(commands.counts());
      assertThat(crowd.worst.get()).isNotPositive();
      assertThat(crowd.granted.get()).isGreaterThan(crowd.asked.get() * 4 / 5);
      assertThat(calls).isBetween(1L, crowd.granted.get() / Draws.ASKED);
      assertThat(redis.failed).hasValue(0);
      report("a fifth fails", calls);
    }
  }

  /** All instances together, however much they earned before. */
  @Test
  void outage_isMadeWorseByNoMoreThanTheBurst() throws Exception {
    crowd.run(/* rounds= */ 30, /* failureRatio= */ 0.2);
    crowd.run(/* rounds= */ 30, /* failureRatio= */ 0);
    await().atMost(PATIENCE).until(redis::isQuiet);
    time.advance(Duration.ofSeconds(2));
    crowd.reset();
    long before = redis.sent.get();

    crowd.run(/* rounds= */ 50, /* failureRatio= */ 1);
    await().atMost(PATIENCE).until(redis::isQuiet);
    crowd.run(/* rounds= */ 50, /* failureRatio= */ 1);

    assertThat(crowd.granted.get()).isBetween(2L * INSTANCES, (long) BURST);
    assertThat(redis.sent.get() - before).isLessThanOrEqualTo(crowd.asked.get() / Draws.ASKED);
    report("all fail", redis.sent.get() - before);
  }

  @Test
  void redisThatIsKilled_andComesBackEmpty_addsNothing_andKeepsNobodyWaiting() throws Exception {
    crowd.run(/* rounds= */ 30, /* failureRatio= */ 0.2);
    await().atMost(PATIENCE).until(redis::isQuiet);

    servers.server().kill();
    crowd.reset();
    crowd.run(/* rounds= */ 100, /* failureRatio= */ 0.2);

    assertThat(crowd.worst.get()).isNotPositive();
    assertThat(crowd.granted.get()).isGreaterThan(crowd.asked.get() / 2);
    await().atMost(PATIENCE).until(redis::isQuiet);
    assertThat(redis.failed.get()).isPositive();
    assertThat(crowd.quantileOfWaits(0.99)).isLessThan(Duration.ofMillis(1));
    report("killed", redis.failed.get());

    servers.server().restart();
    port.ready(PATIENCE).join();
    long answered = redis.answered.get();
    crowd.run(/* rounds= */ 60, /* failureRatio= */ 0.3);
    await().atMost(PATIENCE).until(redis::isQuiet);

    assertThat(crowd.worst.get()).isNotPositive();
    assertThat(redis.answered.get()).isGreaterThan(answered);
  }

  /** It answers nothing, and later runs what was sent to it. */
  @Test
  void redisThatIsPaused_keepsNobodyWaiting() throws Exception {
    crowd.run(/* rounds= */ 30, /* failureRatio= */ 0.2);
    await().atMost(PATIENCE).until(redis::isQuiet);

    servers.server().pause();
    crowd.reset();
    crowd.run(/* rounds= */ 100, /* failureRatio= */ 0.2);
    assertThat(crowd.quantileOfWaits(0.99)).isLessThan(Duration.ofMillis(1));
    await().atMost(PATIENCE).until(redis::isQuiet);
    servers.server().resume();
    port.ready(PATIENCE).join();
    crowd.run(/* rounds= */ 60, /* failureRatio= */ 0.3);

    assertThat(crowd.worst.get()).isNotPositive();
    assertThat(redis.failed.get()).isPositive();
    report("paused", redis.failed.get());
  }

  /** What is shown on the page is printed here. */
  private void report(String what, long calls) {
    System.getLogger(SharedBudgetIT.class.getName())
        .log(
            System.Logger.Level.INFO,
            "%s: %d retries asked for, %d granted, %d calls; p99 of a withdrawal %d µs"
                .formatted(
                    what,
                    crowd.asked.get(),
                    crowd.granted.get(),
                    calls,
                    crowd.quantileOfWaits(0.99).toNanos() / 1_000));
  }

  private static long scripts(Map<String, Long> counts) {
    return counts.getOrDefault("evalsha", 0L) + counts.getOrDefault("eval", 0L);
  }
}
