package dev.scaling.concurrency.limit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.core.redis.Redis;
import dev.scaling.testkit.RedisExtension;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What the script of refunds gives back, on a real Redis whose clock the test holds. */
@Timeout(120)
final class RefundIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.single();

  private static final Duration TIMEOUT = Duration.ofSeconds(30);
  private static final List<String> NAMES = List.of("second", "hour");
  private static final List<RateLimit> LIMITS =
      List.of(RateLimit.perSecond(10), RateLimit.of(100, Duration.ofHours(1)));

  private final ServerTime time = new ServerTime();
  private final Gcra gcra = new Gcra(NAMES, LIMITS);
  private Redis port;
  private RedisStore store;

  @BeforeEach
  void connect() {
    port = Redis.connect(servers.address());
    port.ready(TIMEOUT).join();
    store = store(gcra);
  }

  @AfterEach
  void close() {
    port.close();
  }

  @Test
  void tail_goesBack_ofAllLimits() {
    take(4);
    var last = take(3);

    assertThat(store.refund("a", last).join()).isTrue();

    assertThat(take(1).before()).isEqualTo(last.before());
    assertThat(store.refund("a", last).join()).as("once").isFalse();
  }

  /** Those behind it keep their times, so it would be sold twice. */
  @Test
  void middle_staysTaken() {
    var first = take(3);
    var second = take(3);

    assertThat(store.refund("a", first).join()).isFalse();

    assertThat(take(1).before()).isEqualTo(second.after());
  }

  @Test
  void firstOfAFullBurst_leavesNoKey() {
    assertThat(store.refund("a", take(3)).join()).isTrue();

    assertThat(servers.server().command("EXISTS", store.name("a"))).isEqualTo(0L);
  }

  @Test
  void keyThatGotMoreBack_endsWhenItMatters_byTheServersOwnClock() {
    store = new RedisStore(port, Scripts.SHIPPED, gcra, "test:r:1:{", TIMEOUT, 60e6);
    take(2);
    assertThat(store.refund("a", take(5)).join()).isTrue();

    assertThat((Long) servers.server().command("PTTL", store.name("a")))
        .isBetween(1L, Duration.ofSeconds(72).toMillis()); // two of a hundred an hour
  }

  @Test
  void refund_afterTheLimitsHaveChanged_isNone() {
    var taken = take(3);
    var others = new Gcra(List.of("hour"), List.of(RateLimit.of(50, Duration.ofHours(1))));
    store(others).take("a", List.of(new Ask(1, 1, 0))).join();

    assertThat(store.refund("a", taken).join()).isFalse();
  }

  private RedisStore store(Gcra limits) {
    return new RedisStore(
        time.around(port), ServerTime.SCRIPTS, limits, "test:r:1:{", TIMEOUT, 60e6);
  }

  private Grant take(long permits) {
    var taken = store.take("a", List.of(new Ask(permits, 1, 0))).join();
    double[] after = taken.tats().clone();
    gcra.take(after, permits * taken.calls()[0]);
    assertThat(taken.calls()).containsExactly(1);
    return new Grant(1, taken.nowMicros(), taken.tats(), after, 0, 0);
  }
}
