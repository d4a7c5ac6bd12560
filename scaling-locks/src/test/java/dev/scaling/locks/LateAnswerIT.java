package dev.scaling.locks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.scaling.locks.Acquisition.Acquired;
import dev.scaling.testkit.FaultProxy;
import dev.scaling.testkit.RedisExtension;
import dev.scaling.testkit.VirtualTime;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A process that stands still, by its clock, while an answer is on its way to it. */
@Timeout(60)
final class LateAnswerIT {

  @RegisterExtension
  static final RedisExtension server = RedisExtension.single();

  private static final Duration LEASE = Duration.ofSeconds(10);

  private final Services services = new Services();

  @AfterEach
  void close() throws Exception {
    services.close();
  }

  /** It would have a token that is older than those of leases that others had meanwhile. */
  @Test
  void grantThatIsOver_isNoLease_andIsAskedForAgain() throws Exception {
    var time = new VirtualTime();
    var proxy = services.opened(FaultProxy.to(server.server()));
    var service = services.ready(services
        .at(List.of(proxy.address()))
        .quarantined(false)
        .time(time)
        .lease(LEASE)
        .nodeTimeout(Duration.ofSeconds(2)));
    proxy.delay(Duration.ofMillis(400));

    var outcome = service.lock("a").acquireAsync(Duration.ofMinutes(1));
    await().until(() -> lease() != null);
    time.advance(LEASE.plusSeconds(1));

    assertThat(outcome.get()).isInstanceOfSatisfying(Acquired.class, acquired -> {
      assertThat(acquired.lease().isValid()).isTrue();
      assertThat(acquired.lease().remaining()).isGreaterThan(LEASE.dividedBy(2));
    });
  }

  private Object lease() {
    return server.server().command("HGET", Keys.of("scaling", "test").lock("a"), "owner");
  }
}
