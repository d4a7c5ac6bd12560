package dev.scaling.core.redis;

import static dev.scaling.core.redis.Replies.HOUR;
import static dev.scaling.core.redis.Replies.SECOND;
import static dev.scaling.core.redis.Replies.await;
import static dev.scaling.core.redis.Replies.awaitAnswers;
import static dev.scaling.core.redis.Replies.failure;
import static dev.scaling.core.redis.Replies.increment;
import static dev.scaling.core.redis.Replies.reply;
import static org.assertj.core.api.Assertions.assertThat;

import dev.scaling.core.redis.Redis.Health;
import dev.scaling.core.redis.RedisCallException.Failure;
import dev.scaling.testkit.FaultProxy;
import dev.scaling.testkit.FaultProxy.Mode;
import dev.scaling.testkit.RedisExtension;
import dev.scaling.testkit.VirtualTime;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.data.LongPointData;
import io.opentelemetry.sdk.testing.exporter.InMemoryMetricReader;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

@Timeout(120)
final class RedisAbsentAtStartIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.single();

  private static final AttributeKey<String> ERROR = AttributeKey.stringKey("error.type");

  private final VirtualTime time = new VirtualTime();

  @Test
  void callsFail_untilTheServerAppears() throws Exception {
    servers.server().kill();
    try (var redis = port(servers.address())) {
      var heard = new Heard();
      redis.subscribe("channel", heard);

      var first = redis.get("key", HOUR); // time stands still: no deadline ends it
      assertThat(failure(first).failure()).isEqualTo(Failure.NOT_SENT);
      var later = redis.get("key", HOUR);
      assertThat(later).isCompletedExceptionally();
      assertThat(failure(later).failure()).isEqualTo(Failure.NOT_SENT);

      servers.server().restart();
      awaitAnswers(time, redis);
      assertThat(reply(increment(redis, "runs", HOUR))).containsExactly(1L);
      await(time, () -> heard.subscribed.get() == 1);
      servers.server().command("PUBLISH", "channel", "message");
      await().untilAsserted(() -> assertThat(heard.messages).containsExactly("message"));
    }
  }

  @Test
  void callsBeforeTheFirstConnection_countAsFailures_andHealthIsDown() {
    var reader = InMemoryMetricReader.create();
    servers.server().kill();
    var builder = Redis.builder(servers.address()).time(time).openTelemetry(sdk(reader));
    try (var redis = builder.build()) {
      assertThat(redis.health().state()).isEqualTo(Health.State.UNKNOWN);

      failure(redis.get("key", HOUR)); // waited for the first attempt
      await().until(() -> redis.health().state() == Health.State.DOWN);
      assertThat(notSent(reader)).isEqualTo(1);
      failure(redis.get("key", HOUR));
      failure(redis.get("key", HOUR));

      assertThat(notSent(reader)).isEqualTo(3);
      servers.server().restart();
      awaitAnswers(time, redis);
      assertThat(redis.health().state()).isEqualTo(Health.State.UP);
    }
  }

  /** An attempt takes Redisson a second of the real clock; it may be over before the deadline. */
  @Test
  void serverThatAcceptsAndIsSilent_isLikeOneThatIsAway() {
    try (var proxy = FaultProxy.to(servers.server())) {
      proxy.mode(Mode.HALF_OPEN);
      try (var redis = port(proxy.address())) {
        var first = increment(redis, "runs", HOUR);
        time.advance(HOUR);
        assertThat(first).isCompletedExceptionally();
        assertThat(failure(first).failure()).isEqualTo(Failure.NOT_SENT);

        proxy.mode(Mode.PASS);
        proxy.cutConnections();
        awaitAnswers(time, redis);
        assertThat(servers.server().command("GET", "runs")).isNull();
      }
    }
  }

  @Test
  void callerOfACallThatTimedOut_mayCallAgain_whileNothingIsOpen() {
    try (var proxy = FaultProxy.to(servers.server())) {
      proxy.mode(Mode.HALF_OPEN);
      try (var redis = port(proxy.address())) {
        var again = redis
            .get("key", Duration.ofMillis(50))
            .handle((reply, failure) -> redis.get("key", Duration.ofMillis(50)))
            .thenCompose(second -> second);
        var other = redis.get("key", Duration.ofMillis(60));

        time.advance(Duration.ofMillis(60));
        assertThat(other).isCompletedExceptionally();
        time.advance(Duration.ofMillis(40));
        assertThat(again).isCompletedExceptionally();
      }
    }
  }

  /** Out of threads for a moment, say: nobody would ever have tried again. */
  @Test
  void attemptThatFailsWithAnError_isFollowedByAnother() {
    var attempts = new AtomicInteger();
    var source = new ClientSource(
        Redis.builder(servers.address()).time(time),
        new Outcomes(time),
        client -> {
          if (attempts.getAndIncrement() == 0) {
            client.shutdown();
            throw new OutOfMemoryError("unable to create native thread");
          }
        },
        call -> {});
    source.open();
    await().until(() -> time.pending() > 0);

    time.advance(Duration.ofSeconds(1));

    await().untilAsserted(() -> assertThat(attempts).hasValue(2));
    source.close();
  }

  @Test
  void failedConnection_isLoggedWithItsCause_onceAMinute_withoutThePassword() {
    servers.server().kill();
    var logger = Logger.getLogger(Redis.class.getName());
    var log = new Log();
    logger.addHandler(log);
    String place = servers.address().substring("redis://".length());
    try (var redis = port("redis://user:secret@" + place)) {
      await().until(() -> log.lines.size() == 1);
      assertThat(log.lines.get(0)).contains("cannot connect to redis://…@" + place, "refused");
      assertThat(failure(redis.get("key", HOUR)))
          .hasMessageStartingWith("Redis GET (not sent): not connected: ")
          .hasMessageContaining("refused");

      time.advance(SECOND); // another attempt, within the minute
      await().until(() -> time.pending() > 0);
      assertThat(log.lines).hasSize(1);
      await().until(() -> {
        time.advance(Duration.ofMinutes(1));
        return log.lines.size() > 1;
      });

      assertThat(log.lines).allSatisfy(line -> assertThat(line).doesNotContain("secret"));
    } finally {
      logger.removeHandler(log);
    }
  }

  @Test
  void ready_waitsForAServerThatComesLater() {
    servers.server().kill();
    try (var redis = Redis.connect(servers.address())) {
      var ready = redis.ready(Duration.ofMinutes(1));
      await().until(() -> redis.health().state() == Health.State.DOWN);
      assertThat(ready).isNotDone();

      servers.server().restart();

      assertThat(ready).succeedsWithin(Duration.ofMinutes(1));
      assertThat(redis.health().state()).isEqualTo(Health.State.UP);
    }
  }

  @Test
  void ready_failsAtItsTimeout_orWhenThePortIsClosed() {
    servers.server().kill();
    var redis = Redis.connect(servers.address());
    assertThat(failure(redis.ready(Duration.ofMillis(300))).failure()).isEqualTo(Failure.NOT_SENT);
    var ready = redis.ready(Duration.ofMinutes(1));

    redis.close();

    assertThat(failure(ready).failure()).isEqualTo(Failure.CLOSED);
  }

  @Test
  void close_whileOpening_leavesNoThread() {
    try (var proxy = FaultProxy.to(servers.server())) {
      proxy.mode(Mode.HALF_OPEN);
      var redis = port(proxy.address());
      var call = redis.get("key", HOUR);
      await().until(() -> proxy.connections() > 0);

      redis.close();

      assertThat(call).isCompletedExceptionally();
      assertThat(failure(call).failure())
          .isIn(Failure.CLOSED, /* if the attempt had failed by then */ Failure.NOT_SENT);
      assertThat(failure(redis.get("key", HOUR)).failure()).isEqualTo(Failure.CLOSED);
      await().until(() -> RedisCloseIT.threads().isEmpty());
    }
  }

  @Test
  void close_rightAfterConnect_leavesNoThread() {
    for (int i = 0; i < 5; i++) {
      Redis.connect(servers.address()).close();
    }

    await().until(() -> RedisCloseIT.threads().isEmpty());
  }

  private Redis port(String address) {
    return Redis.builder(address).time(time).build();
  }

  private static OpenTelemetrySdk sdk(InMemoryMetricReader reader) {
    return OpenTelemetrySdk.builder()
        .setMeterProvider(
            SdkMeterProvider.builder().registerMetricReader(reader).build())
        .build();
  }

  private static final class Log extends Handler {

    final List<String> lines = new CopyOnWriteArrayList<>();

    @Override
    public void publish(LogRecord line) {
      lines.add(line.getMessage());
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }

  private static long notSent(InMemoryMetricReader reader) {
    return reader.collectAllMetrics().stream()
        .filter(meter -> meter.getName().equals("scaling.redis.failures"))
        .flatMap(meter -> meter.getLongSumData().getPoints().stream())
        .filter(point -> "not_sent".equals(point.getAttributes().get(ERROR)))
        .mapToLong(LongPointData::getValue)
        .sum();
  }
}
