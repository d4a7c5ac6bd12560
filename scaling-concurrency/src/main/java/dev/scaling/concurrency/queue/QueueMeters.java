package dev.scaling.concurrency.queue;

import dev.scaling.core.telemetry.Telemetry;
import dev.scaling.core.telemetry.Telemetry.Series;
import io.opentelemetry.api.OpenTelemetry;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/** A queue's instruments: each reads the snapshot that the queue gives anyway. */
final class QueueMeters {

  private final Supplier<QueueSnapshot> snapshot;

  private QueueMeters(Supplier<QueueSnapshot> snapshot) {
    this.snapshot = snapshot;
  }

  static Telemetry register(
      @Nullable OpenTelemetry openTelemetry,
      String name,
      int capacity,
      Supplier<QueueSnapshot> snapshot) {
    var telemetry = new Telemetry(openTelemetry, "scaling-concurrency", name);
    var meters = new QueueMeters(snapshot);
    meters.now(telemetry, capacity);
    meters.sinceTheStart(telemetry);
    return telemetry;
  }

  private void now(Telemetry telemetry, int capacity) {
    telemetry.upDownCounter(
        "scaling.queue.usage",
        "{item}",
        "Items that wait for their turn",
        series(Map.of(), QueueSnapshot::waiting));
    telemetry.upDownCounter(
        "scaling.queue.limit",
        "{item}",
        "Items that may wait for their turn",
        series(Map.of(), seen -> capacity));
    telemetry.upDownCounter(
        "scaling.queue.running",
        "{item}",
        "Items that are being handled",
        series(Map.of(), QueueSnapshot::running));
    telemetry.upDownCounter(
        "scaling.queue.waiting",
        "{request}",
        "Puts that wait for room",
        series(Map.of(), QueueSnapshot::producers));
    telemetry.upDownCounter(
        "scaling.queue.undelivered",
        "{letter}",
        "Dead letters that the hook has not taken yet",
        series(Map.of(), QueueSnapshot::undelivered));
  }

  private void sinceTheStart(Telemetry telemetry) {
    telemetry.counter(
        "scaling.queue.requests",
        "{request}",
        "Puts, by what became of them",
        outcome("accepted", QueueSnapshot::accepted),
        outcome("refused", QueueSnapshot::refused));
    telemetry.counter(
        "scaling.queue.handled",
        "{item}",
        "Items that were handled",
        series(Map.of(), QueueSnapshot::handled));
    telemetry.counter(
        "scaling.queue.dead_letters",
        "{letter}",
        "Items that were given up, by the reason",
        reason("failed", QueueSnapshot::failed),
        reason("expired", QueueSnapshot::expired),
        reason("closed", QueueSnapshot::closed),
        reason("overflowed", QueueSnapshot::overflowed));
    telemetry.counter(
        "scaling.queue.hook.failures",
        "{failure}",
        "Calls of the dead-letter hook that threw",
        series(Map.of(), QueueSnapshot::hookFailures));
  }

  private Series outcome(String outcome, ToLongFunction<QueueSnapshot> value) {
    return series(Map.of("scaling.outcome", outcome), value);
  }

  private Series reason(String reason, ToLongFunction<QueueSnapshot> value) {
    return series(Map.of("scaling.queue.reason", reason), value);
  }

  private Series series(Map<String, String> attributes, ToLongFunction<QueueSnapshot> value) {
    return new Series(attributes, () -> value.applyAsLong(snapshot.get()));
  }
}
