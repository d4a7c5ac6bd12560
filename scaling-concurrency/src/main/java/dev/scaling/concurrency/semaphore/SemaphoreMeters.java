package dev.scaling.concurrency.semaphore;

import dev.scaling.core.telemetry.Telemetry;
import dev.scaling.core.telemetry.Telemetry.Series;
import io.opentelemetry.api.OpenTelemetry;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A semaphore's instruments: each reads the snapshot that the semaphore gives anyway. */
final class SemaphoreMeters {

  private SemaphoreMeters() {}

  static Telemetry register(
      @Nullable OpenTelemetry openTelemetry,
      String name,
      int permits,
      Supplier<SemaphoreSnapshot> snapshot) {
    var telemetry = new Telemetry(openTelemetry, "scaling-concurrency", name);
    telemetry.upDownCounter(
        "scaling.concurrency.usage",
        "{permit}",
        "Permits in use in this instance",
        series(() -> snapshot.get().inUse()));
    telemetry.upDownCounter(
        "scaling.concurrency.limit",
        "{permit}",
        "How many permits there may be",
        series(() -> permits));
    telemetry.upDownCounter(
        "scaling.concurrency.waiting",
        "{request}",
        "Calls that wait in this instance",
        series(() -> snapshot.get().waiting()));
    telemetry.counter(
        "scaling.concurrency.requests",
        "{request}",
        "Calls for a permit, by what became of them",
        series("granted", () -> snapshot.get().granted()),
        series("refused", () -> snapshot.get().refused()));
    telemetry.counter(
        "scaling.concurrency.handoffs",
        "{permit}",
        "Permits that went from one call to the next without a round trip",
        series(() -> snapshot.get().handedOn()));
    telemetry.counter(
        "scaling.concurrency.lost",
        "{permit}",
        "Permits whose lease ended before they were closed",
        series(() -> snapshot.get().lost()));
    telemetry.counter(
        "scaling.concurrency.redis.calls",
        "{call}",
        "Calls to Redis, by what became of them",
        series("answered", () -> snapshot.get().redisCalls() - snapshot.get().redisFailures()),
        series("failed", () -> snapshot.get().redisFailures()));
    telemetry.upDownCounter(
        "scaling.concurrency.redis.away",
        "{instance}",
        "1 while this instance takes Redis for away, else 0",
        series(() -> snapshot.get().isRedisAway() ? 1 : 0));
    return telemetry;
  }

  private static Series series(LongSupplier value) {
    return new Series(Map.of(), value);
  }

  private static Series series(String outcome, LongSupplier value) {
    return new Series(Map.of("scaling.outcome", outcome), value);
  }
}
