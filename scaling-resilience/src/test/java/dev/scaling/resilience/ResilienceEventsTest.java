package dev.scaling.resilience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.scaling.testkit.VirtualTime;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.testing.exporter.InMemoryMetricReader;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.EventData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import java.io.IOException;
import java.time.Duration;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the caller's span hears of a call, and the histogram of durations. */
final class ResilienceEventsTest {

  private final VirtualTime time = new VirtualTime();
  private final InMemorySpanExporter spans = InMemorySpanExporter.create();
  private final InMemoryMetricReader reader = InMemoryMetricReader.create();
  private final OpenTelemetrySdk sdk = OpenTelemetrySdk.builder()
      .setTracerProvider(SdkTracerProvider.builder()
          .addSpanProcessor(SimpleSpanProcessor.create(spans))
          .build())
      .setMeterProvider(SdkMeterProvider.builder().registerMetricReader(reader).build())
      .build();
  private final Resilience orders = builder(sdk).build();

  @AfterEach
  void close() {
    sdk.close();
  }

  @Test
  void callersSpan_hearsOfRetriesAndRefusals_andOfNothingOnSuccess() {
    var attempts = new CompletableFuture<String>();
    var span = sdk.getTracer("test").spanBuilder("request").startSpan();
    try (var scope = span.makeCurrent()) {
      assertThat(scope).isNotNull();
      orders.callAsync(attempt -> CompletableFuture.completedFuture("done"));
      orders.callAsync(attempt ->
          attempt.number() == 1 ? CompletableFuture.failedFuture(new IOException()) : attempts);
    }
    time.advance(Duration.ofMillis(300));
    attempts.complete("done");
    try (var scope = span.makeCurrent()) {
      assertThat(scope).isNotNull();
      orders.callAsync(attempt -> new CompletableFuture<String>());
      assertThatExceptionOfType(CallRejectedException.class)
          .isThrownBy(() -> orders.call(() -> "never"));
    }
    time.advance(Duration.ofSeconds(10));
    span.end();

    var events = spans.getFinishedSpanItems().get(0).getEvents();
    assertThat(events)
        .extracting(EventData::getName)
        .containsExactly("scaling.retry", "scaling.rejection");
    var retry = events.get(0).getAttributes();
    assertThat(retry.get(AttributeKey.longKey("scaling.attempt.number"))).isEqualTo(2);
    assertThat(retry.get(AttributeKey.longKey("scaling.retry.wait_millis"))).isEqualTo(300);
    assertThat(retry.get(AttributeKey.stringKey("error.type"))).isEqualTo("java.io.IOException");
    assertThat(
            events.get(1).getAttributes().get(AttributeKey.stringKey("scaling.rejection.reason")))
        .isEqualTo("bulkhead_full");
    assertThat(retry.get(AttributeKey.stringKey("scaling.component.name"))).isEqualTo("orders");
  }

  @Test
  void durations_areRecordedIfWanted_byWhatBecameOfTheCall() throws Exception {
    var timed = builder(sdk).durations().build();
    timed.call(() -> "done");
    timed.callAsync(attempt -> CompletableFuture.failedFuture(new IllegalStateException()));
    timed.callAsync(attempt -> new CompletableFuture<String>()).cancel(true);
    timed.callAsync(attempt -> new CompletableFuture<String>());
    assertThatExceptionOfType(CallRejectedException.class)
        .isThrownBy(() -> timed.call(() -> "never"));
    time.advance(Duration.ofSeconds(10));
    orders.call(() -> "not recorded");

    var counts = new TreeMap<String, Long>();
    for (var metric : reader.collectAllMetrics()) {
      if (metric.getName().equals("scaling.call.duration")) {
        assertThat(metric.getUnit()).isEqualTo("s");
        metric
            .getHistogramData()
            .getPoints()
            .forEach(point -> counts.put(
                point.getAttributes().get(AttributeKey.stringKey("scaling.outcome")),
                point.getCount()));
      }
    }
    assertThat(counts).containsOnlyKeys("success", "failure", "cancelled", "timeout", "rejected");
    assertThat(counts.values()).containsOnly(1L);
  }

  private ResilienceBuilder builder(OpenTelemetry telemetry) {
    return Resilience.builder("orders")
        .retry(
            RetryBudget.builder("payments").time(time).build(),
            retry -> retry.backoff(Backoff.fixed(Duration.ofMillis(300))))
        .bulkhead(1)
        .executor(Runnable::run)
        .time(time)
        .openTelemetry(telemetry);
  }
}
