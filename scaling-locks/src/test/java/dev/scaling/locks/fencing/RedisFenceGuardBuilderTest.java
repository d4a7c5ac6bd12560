package dev.scaling.locks.fencing;

import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import dev.scaling.core.redis.Redis;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A bad setting is refused at once, with its name, range and value. */
final class RedisFenceGuardBuilderTest {

  private final Redis redis = Redis.connect("redis://127.0.0.1:1");

  @AfterEach
  void close() {
    redis.close();
  }

  @Test
  void settingOutsideItsRange_isRefused() {
    var builder = RedisFenceGuard.builder("invoices", redis);

    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.retention(Duration.ofMillis(999)))
        .withMessage("retention must be in [PT1S, PT8784H]: PT0.999S");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.redisTimeout(Duration.ZERO))
        .withMessage("redisTimeout must be in [PT0.001S, PT1M]: PT0S");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.prefix("a:b"))
        .withMessageStartingWith("prefix must be ");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RedisFenceGuard.builder("{", redis))
        .withMessageStartingWith("name must be ");
  }

  @Test
  @SuppressWarnings("NullAway") // what a caller without null checks gives
  void nothing_isRefused() {
    assertThatNullPointerException()
        .isThrownBy(() -> FenceGuard.redis("invoices", null))
        .withMessage("redis");
    assertThatNullPointerException()
        .isThrownBy(() -> FenceGuard.redis("invoices", redis).script(null))
        .withMessage("write");
  }
}
