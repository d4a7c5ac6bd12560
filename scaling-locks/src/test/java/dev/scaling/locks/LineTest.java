package dev.scaling.locks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.locks.Acquisition.Acquired;
import dev.scaling.locks.Acquisition.Contended;
import dev.scaling.testkit.VirtualTime;
import io.opentelemetry.api.OpenTelemetry;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Callers of one instance, on a node that answers at once or when it is told to. */
@Timeout(60)
final class LineTest {

  private final VirtualTime time = new VirtualTime();
  private final InstantRedis redis = new InstantRedis(time);

  @Test
  void callerWhoDoesNotWait_isToldTheNameOfThisInstance_ifAnotherOneHereIsFirst() {
    var service = LockService.builder("test")
        .instance("mine")
        .node("node-a", redis.port())
        .quarantined(false)
        .executor(Runnable::run)
        .openTelemetry(OpenTelemetry.noop())
        .time(time)
        .build();
    redis.holdBack();
    var first = service.lock("a").acquireAsync(Duration.ZERO);
    var second = service.lock("a").acquireAsync(Duration.ZERO);

    redis.answer();

    assertThat(first).isCompletedWithValueMatching(Acquired.class::isInstance);
    assertThat(second)
        .isCompletedWithValueMatching(
            outcome -> outcome instanceof Contended by && by.holder().equals("mine"));
  }
}
