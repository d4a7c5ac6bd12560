package dev.scaling.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import dev.scaling.cache.TieredCacheBuilder.WhenRedisFails;
import dev.scaling.core.redis.LuaScript;
import dev.scaling.core.redis.Redis;
import dev.scaling.testkit.RedisExtension;
import dev.scaling.testkit.VirtualTime;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** When a write may begin, and for how long its fence is renewed. */
@Timeout(120)
final class FenceTimeIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.single();

  @RegisterExtension
  final Instances instances = new Instances(servers);

  private final VirtualTime time = new VirtualTime();

  @Test
  void fenceThatIsSaidToStandJustInTime_isEnough() {
    var cache = instances.cache(slow(Duration.ofSeconds(2)), this::fenceOfThreeSeconds);

    assertThat(cache.update("a", () -> instances.source.put("a", "1")).fenced()).isTrue();

    assertThat(instances.source).containsEntry("a", "1");
  }

  /** Its writer believed in it from then on, and wrote although it was known to be over. */
  @Test
  void fenceThatIsSaidToStandTooLate_isNone() {
    var cache = instances.cache(slow(Duration.ofMillis(2_001)), this::fenceOfThreeSeconds);
    int timers = time.pending();

    assertThatExceptionOfType(InvalidationFailedException.class)
        .isThrownBy(() -> cache.update("a", () -> instances.source.put("a", "1")))
        .withMessage("things: update refused before its write: "
            + "two thirds of its fence were over when Redis said that it stands")
        .matches(e -> !e.isSourceWritten());

    assertThat(instances.source).isEmpty();
    assertThat(time.pending()).isEqualTo(timers);
    await().untilAsserted(() -> assertThat(instances.exists("a")).isFalse());
  }

  @Test
  void fenceThatIsSaidToStandTooLate_isNone_andTheWriteRunsUnfencedIfItMay() {
    var cache = instances.cache(
        slow(Duration.ofSeconds(3)),
        b -> fenceOfThreeSeconds(b.whenRedisFails(WhenRedisFails.WRITE_UNFENCED)));

    assertThat(cache.update("a", () -> instances.source.put("a", "1")).fenced()).isFalse();

    assertThat(instances.source).containsEntry("a", "1");
    assertThat(instances.exists("a")).isFalse();
  }

  @Test
  void writeThatNeverEnds_isRenewedUntilThePortIsClosed() {
    var port = instances.connected(servers.address());
    var cache = instances.cache(port, this::fenceOfThreeSeconds);
    int timers = time.pending();
    var update = cache.updateAsync("a", () -> new CompletableFuture<String>());
    await().until(() -> time.pending() > timers);
    cache.close();
    time.advance(Duration.ofSeconds(1));
    assertThat(time.pending()).as("the write goes on, and so does its fence").isGreaterThan(timers);

    port.close();
    time.advance(Duration.ofSeconds(1));

    assertThat(time.pending()).isEqualTo(timers);
    assertThat(update).isNotDone();
  }

  /** Such a stage seemed to have failed at once, and the fence was lifted while it went on. */
  @Test
  void stageThatIsNoCompletableFuture_isFencedUntilItEnds() {
    var cache = instances.cache();
    var write = new CompletableFuture<String>() {
      @Override
      public CompletableFuture<String> toCompletableFuture() {
        throw new UnsupportedOperationException();
      }
    };

    var update = cache.updateAsync("a", () -> {
      instances.source.put("begun", "");
      return write;
    });
    await().until(() -> instances.source.containsKey("begun"));
    assertThat(instances.kind("a")).isEqualTo("F");
    write.complete("done");

    assertThat(update)
        .succeedsWithin(Duration.ofSeconds(30))
        .isEqualTo(new Written<>("done", true));
  }

  private void fenceOfThreeSeconds(TieredCacheBuilder<String, String> builder) {
    builder.fence(Duration.ofSeconds(3)).time(time);
  }

  /** Returns a port whose reply to a new fence takes its time. */
  private Redis slow(Duration delay) {
    var redis = instances.connected(servers.address());
    return (Redis) Proxy.newProxyInstance(
        Redis.class.getClassLoader(), new Class<?>[] {Redis.class}, (proxy, method, args) -> {
          if (method.getName().equals("eval") && ((LuaScript) args[0]).name().equals("fence")) {
            time.advance(delay);
          }
          try {
            return method.invoke(redis, args);
          } catch (InvocationTargetException e) {
            throw e.getCause();
          }
        });
  }
}
