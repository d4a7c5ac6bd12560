package dev.scaling.locks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import dev.scaling.core.redis.Redis;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Settings and arguments, good and bad. */
@Timeout(20)
final class LockServiceBuilderTest {

  private final LockServiceBuilder builder = LockService.builder("test");

  @Test
  void durations_haveRanges() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.lease(Duration.ZERO))
        .withMessage("lease must be in [PT0.05S, PT1H]: PT0S");
    assertThatIllegalArgumentException().isThrownBy(() -> builder.lease(Duration.ofSeconds(-1)));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.nodeTimeout(Duration.ZERO))
        .withMessage("nodeTimeout must be in [PT0.001S, PT1M]: PT0S");
    assertThatIllegalArgumentException().isThrownBy(() -> builder.maxHold(Duration.ofDays(366)));
  }

  @Test
  void localHandOvers_haveARange() {
    builder.localHandOvers(0).localHandOvers(1_000);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.localHandOvers(1_001))
        .withMessage("localHandOvers must be in [0, 1000]: 1001");
    assertThatIllegalArgumentException().isThrownBy(() -> builder.localHandOvers(-1));
  }

  @Test
  void nodes_areAnOddNumberWithNamesOfTheirOwn() {
    assertThatIllegalStateException()
        .isThrownBy(builder::build)
        .withMessage("test: the number of nodes must be odd, from 1 to 9: 0");
    builder.node("a", redis()).node("b", redis());
    assertThatIllegalStateException()
        .isThrownBy(builder::build)
        .withMessage("test: the number of nodes must be odd, from 1 to 9: 2");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.node("a", redis()))
        .withMessage("node must have a name of its own: a");
    for (char name = 'c'; name <= 'k'; name++) {
      builder.node(String.valueOf(name), redis());
    }
    assertThatIllegalStateException()
        .isThrownBy(builder::build)
        .withMessage("test: the number of nodes must be odd, from 1 to 9: 11");
  }

  @Test
  void leaseLeavesTimeToTryAgain() {
    builder.node("a", redis()).lease(Duration.ofSeconds(1));
    assertThatIllegalStateException()
        .isThrownBy(builder::build)
        .withMessage("test: nodeTimeout must be at most a fifth of the lease: PT0.25S of PT1S");
  }

  @Test
  void names_mayBeAnythingButEmptyOrTooLong() {
    try (var service = builder.node("a", redis()).build()) {
      assertThat(service.lock("{a}").name()).isEqualTo("{a}");
      assertThat(service.lock("x".repeat(10_240)).name()).hasSize(10_240);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> service.lock(""))
          .withMessage("lock must be 1 to 10,240 characters long: 0");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> service.lock("x".repeat(10_241)))
          .withMessage("lock must be 1 to 10,240 characters long: 10241");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> service.lock("\ud800"))
          .withMessage("lock holds half a character: ?");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> service.lock("a").tryAcquire(Duration.ofDays(2)))
          .withMessage("maxWait must be in [PT0S, PT24H]: PT48H");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> service.semaphore("a", 65))
          .withMessage("permits must be in [1, 64]: 65");
    }
  }

  @Test
  @SuppressWarnings("NullAway") // null is the point
  void null_isRefusedByName() {
    assertThatNullPointerException()
        .isThrownBy(() -> LockService.builder(null))
        .withMessage("name");
    assertThatNullPointerException().isThrownBy(() -> builder.node("a", null)).withMessage("redis");
    assertThatNullPointerException().isThrownBy(() -> builder.executor(null));
  }

  @Test
  void handle_isChecked() {
    assertThat(new Lease.Handle("a", "me~0123:1z", 7, false).toString()).isEqualTo("Handle[7]");
    assertThatIllegalArgumentException().isThrownBy(() -> new Lease.Handle("a", "me", 7, false));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Lease.Handle("a", "me:1\r\n", 7, true));
    assertThatIllegalArgumentException().isThrownBy(() -> new Lease.Handle("a", "me:1", 0, false));
  }

  @Test
  void closedService_saysSo() {
    var service = builder.node("a", redis()).build();
    service.close();
    service.close();
    assertThatIllegalStateException()
        .isThrownBy(() -> service.lock("a").tryAcquire())
        .withMessage("test: the lock service is closed");
    assertThat(service.toString())
        .isEqualTo("LockService[test, closed, nodes=[a], leases=0, waiting=0]");
  }

  private static Redis redis() {
    return (Redis) Proxy.newProxyInstance(
        Redis.class.getClassLoader(),
        new Class<?>[] {Redis.class},
        (proxy, method, args) -> switch (method.getName()) {
          case "subscribe" -> (Redis.Subscription) () -> {};
          default -> new CompletableFuture<>();
        });
  }
}
