package dev.scaling.core.redis;

import static dev.scaling.core.redis.Replies.LONG;
import static dev.scaling.core.redis.Replies.bytes;
import static dev.scaling.core.redis.Replies.reply;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.scaling.testkit.CommandCounter;
import dev.scaling.testkit.RedisExtension;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.data.LongPointData;
import io.opentelemetry.sdk.testing.exporter.InMemoryMetricReader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

@Timeout(60)
final class RedisPipelineIT {

  @RegisterExtension
  static final RedisExtension servers = RedisExtension.single();

  private static final int CALLERS = 64;
  private static final int CALLS = 100;

  private final InMemoryMetricReader reader = InMemoryMetricReader.create();
  private final Redis redis =
      Redis.builder(servers.address()).name("tested").openTelemetry(sdk(reader)).build();

  @AfterEach
  void close() {
    redis.close();
  }

  @Test
  void manyCallers_shareBatches_andSendOneCommandACall() throws Exception {
    servers.server().command("SET", "key", "value");
    reply(redis.get("key", LONG));
    var executor = Executors.newFixedThreadPool(CALLERS);
    try (var sent = CommandCounter.sentTo(servers.server())) {
      var callers = new ArrayList<Future<?>>();
      for (int i = 0; i < CALLERS; i++) {
        callers.add(executor.submit(() -> {
          for (int j = 0; j < CALLS; j++) {
            assertThat(reply(redis.get("key", LONG))).isEqualTo(bytes("value"));
          }
          return null;
        }));
      }
      for (var caller : callers) {
        caller.get();
      }

      assertThat(sent.counts()).containsEntry("get", (long) CALLERS * CALLS);
    } finally {
      executor.shutdown();
    }
    assertThat(value("scaling.redis.calls")).isEqualTo(CALLERS * CALLS + 1);
    assertThat(value("scaling.redis.batches")).isLessThan(CALLERS * CALLS / 4);
  }

  @Test
  void loneCaller_sendsSingleCommands() throws Exception {
    for (int i = 0; i < 20; i++) {
      reply(redis.get("key", LONG));
    }

    assertThat(value("scaling.redis.calls")).isEqualTo(20);
    assertThat(value("scaling.redis.batches")).isEqualTo(20);
  }

  @Test
  void callsOfOneThread_allComeBack_eachWithItsOwnReply() throws Exception {
    var echo = LuaScript.of("echo", "return {ARGV[1]}");
    var calls = new ArrayList<CompletableFuture<byte[]>>();
    for (int i = 0; i < 2_000; i++) {
      calls.add(redis.eval(echo, List.of("key"), List.of(bytes("" + i)), LONG).thenApply(reply ->
          (byte[]) reply.get(0)));
    }

    for (int i = 0; i < calls.size(); i++) {
      assertThat(reply(calls.get(i))).isEqualTo(bytes("" + i));
    }
  }

  @Test
  void meters_countFailuresOnce_andAreGoneAfterClose() {
    servers.server().pause();
    for (int i = 0; i < 10; i++) {
      Replies.failure(redis.get("key", Duration.ofMillis(50)));
    }
    servers.server().resume();
    await()
        .until(() -> redis.health().state() == Redis.Health.State.UP
            || reply(redis.get("key", LONG)) == null);

    assertThat(value("scaling.redis.failures")).isEqualTo(10);

    redis.close();
    assertThat(reader.collectAllMetrics()).isEmpty();
  }

  private long value(String meter) {
    return reader.collectAllMetrics().stream()
        .filter(metric -> metric.getName().equals(meter))
        .flatMap(metric -> metric.getLongSumData().getPoints().stream())
        .filter(point -> "tested"
            .equals(point.getAttributes().get(AttributeKey.stringKey("scaling.component.name"))))
        .mapToLong(LongPointData::getValue)
        .sum();
  }

  private static OpenTelemetry sdk(InMemoryMetricReader reader) {
    return OpenTelemetrySdk.builder()
        .setMeterProvider(
            SdkMeterProvider.builder().registerMetricReader(reader).build())
        .build();
  }
}
