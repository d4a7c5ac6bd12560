package dev.scaling.concurrency.semaphore;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.core.redis.Redis;
import dev.scaling.testkit.RedisExtension;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A call that arrives behind a later one, with the real script at moments that the test chooses.
 */
@Timeout(60)
final class LateCallIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.single();

  private static final List<String> KEYS = List.of("b:{late}", "l:{late}", "w:{late}");
  private static final long LEASE_MICROS = 1_000_000;

  private Redis redis;

  @BeforeEach
  void connect() {
    redis = Redis.connect(servers.address());
    redis.ready(Duration.ofMinutes(1)).join();
  }

  @AfterEach
  void close() {
    redis.close();
  }

  /** It took back what a dead instance held, and did not write down that it is free. */
  @Test
  void lateCallAfterADeath_losesNoPermit() {
    assertThat(call("dead", 1, /* want= */ 1, 0)).isEqualTo(1);
    call("living", 2, /* want= */ 0, LEASE_MICROS / 2);

    assertThat(call("living", 1, /* want= */ 1, LEASE_MICROS + 1)).isEqualTo(-1);

    assertThat(call("living", 3, /* want= */ 1, LEASE_MICROS + 2)).isEqualTo(1);
  }

  @Test
  void lateCall_changesNothing() {
    assertThat(call("living", 2, /* want= */ 0, 0)).isZero();
    var before = state();

    assertThat(call("living", 1, /* want= */ 1, 1)).isEqualTo(-1);
    assertThat(call("living", 2, /* want= */ 1, 1)).isEqualTo(-1);

    assertThat(state()).isEqualTo(before);
  }

  private static List<Object> state() {
    return List.of(
        servers.server().command("HGETALL", KEYS.get(0)),
        servers.server().command("ZRANGE", KEYS.get(1), "0", "-1", "WITHSCORES"));
  }

  /**
   * Says how many an instance wants of the one permit that there is, and returns how many it has
   * then.
   */
  private long call(String instance, long number, long want, long micros) {
    var args = Stream.<Object>of(
            instance, number, want, want, 0, 1, LEASE_MICROS, 1, "c:", 1_000_000_000_000L + micros)
        .map(arg -> String.valueOf(arg).getBytes(US_ASCII))
        .toList();
    var reply =
        redis.eval(VirtualRedis.SCRIPT, KEYS, args, Duration.ofSeconds(30)).join();
    return (Long) reply.get(0);
  }
}
