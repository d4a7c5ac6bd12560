package dev.scaling.locks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.core.Time;
import dev.scaling.core.redis.LuaScript;
import dev.scaling.core.redis.Redis;
import dev.scaling.locks.Lease.ReleaseOutcome;
import dev.scaling.testkit.VirtualTime;
import io.opentelemetry.api.OpenTelemetry;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** The text of attempts that give a lock back. */
final class ReleasesTest {

  @Test
  void attempt_isTakenOut_andNoOther() {
    assertThat(Releases.without(" a:1", "a:1")).isNull();
    assertThat(Releases.without(" a:1", "a:2")).isEqualTo(" a:1");
    assertThat(Releases.without(" a:1 a:11 a:2", "a:1")).isEqualTo(" a:11 a:2");
    assertThat(Releases.without(" a:11 a:1", "a:1")).isEqualTo(" a:11");
    assertThat(Releases.without(" a:1 a:2 a:3", "a:2")).isEqualTo(" a:1 a:3");
    assertThat(Releases.without(" a:1 a:2", "a:9")).isEqualTo(" a:1 a:2");
  }

  /** The newest are those whose calls are on the way; old ones wait for a node that hangs. */
  @Test
  void tooManyAttempts_leaveTheNewest() {
    String all = "";
    for (int i = 0; i < 1_000; i++) {
      all = Releases.and(all, " instance~1234:" + i);
    }

    assertThat(all).hasSizeBetween(4_000, 4_096).startsWith(" instance~1234:");
    assertThat(all).endsWith(" instance~1234:998 instance~1234:999");
  }

  /** Its outcome would never come, and its attempt would be told with each later call. */
  @Test
  void releaseThatCannotBeRepeated_isOverAllTheSame() {
    var timers = new Timers();
    var redis = new InstantRedis(timers.time).port();
    var refusing = (Redis) Proxy.newProxyInstance(
        Redis.class.getClassLoader(),
        new Class<?>[] {Redis.class},
        (proxy, method, args) ->
            args != null && args[0] instanceof LuaScript script && script.name().equals("release")
                ? CompletableFuture.failedFuture(new IllegalStateException("away"))
                : method.invoke(redis, args));
    var engine = new Engine(LockService.builder("test")
        .node("node-a", refusing)
        .quarantined(false)
        .executor(Runnable::run)
        .openTelemetry(OpenTelemetry.noop())
        .time(timers));
    timers.time.advance(Duration.ofSeconds(1));
    var lease = new DistributedLock(engine, "a", /* reads= */ false).acquire(Duration.ZERO);
    timers.areLeft = false;

    assertThat(lease.release()).isCompletedWithValue(ReleaseOutcome.UNKNOWN);

    assertThat(engine.releases.underWay("a")).isEmpty();
    assertThat(engine.nodes.get(0).toTell).hasValue(0);
  }

  /** Time that has timers as long as there are threads for them. */
  private static final class Timers implements Time {

    private final VirtualTime time = new VirtualTime();
    private boolean areLeft = true;

    @Override
    public long nanoTime() {
      return time.nanoTime();
    }

    @Override
    public long currentTimeMillis() {
      return time.currentTimeMillis();
    }

    @Override
    public Cancellable schedule(Runnable task, Duration delay) {
      if (!areLeft) {
        throw new OutOfMemoryError("unable to create native thread");
      }
      return time.schedule(task, delay);
    }
  }
}
