package dev.scaling.concurrency.limit;

import dev.scaling.core.telemetry.Telemetry;
import dev.scaling.core.telemetry.Telemetry.Series;
import io.opentelemetry.api.OpenTelemetry;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A limiter's instruments: each reads the snapshot that the limiter gives anyway. */
final class LimiterMeters {

  private LimiterMeters() {}

  static Telemetry register(
      @Nullable OpenTelemetry openTelemetry, String name, Supplier<LimiterSnapshot> snapshot) {
    var telemetry = new Telemetry(openTelemetry, "scaling-concurrency", name);
    telemetry.counter(
        "scaling.limiter.requests",
        "{request}",
        "Calls for permits, by what became of them",
        series("granted", () -> snapshot.get().callsGranted()),
        series("refused", () -> snapshot.get().callsRefused()));
    telemetry.counter(
        "scaling.limiter.permits",
        "{permit}",
        "Permits granted",
        series(() -> snapshot.get().permitsGranted()));
    telemetry.counter(
        "scaling.limiter.refusals.remembered",
        "{request}",
        "Refusals without a round trip",
        series(() -> snapshot.get().rememberedRefusals()));
    telemetry.counter(
        "scaling.limiter.fallbacks",
        "{request}",
        "Calls that were decided without Redis",
        series(() -> snapshot.get().fallbacks()));
    telemetry.counter(
        "scaling.limiter.redis.failures",
        "{call}",
        "Calls to Redis that failed",
        series(() -> snapshot.get().redisFailures()));
    telemetry.upDownCounter(
        "scaling.limiter.key.count",
        "{key}",
        "Keys that this instance remembers something of",
        series(() -> snapshot.get().keys()));
    telemetry.upDownCounter(
        "scaling.limiter.instances",
        "{instance}",
        "Instances that are alive, as this one knows",
        series(() -> snapshot.get().instances()));
    telemetry.upDownCounter(
        "scaling.limiter.redis.away",
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
