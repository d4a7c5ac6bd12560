package dev.scaling.concurrency.adaptive;

import dev.scaling.core.telemetry.Telemetry;
import dev.scaling.core.telemetry.Telemetry.Series;
import io.opentelemetry.api.OpenTelemetry;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A limit's instruments: each reads the snapshot that the limit gives anyway. */
final class AdaptiveMeters {

  private AdaptiveMeters() {}

  static Telemetry register(
      @Nullable OpenTelemetry openTelemetry, String name, Supplier<AdaptiveSnapshot> snapshot) {
    var telemetry = new Telemetry(openTelemetry, "scaling-concurrency", name);
    telemetry.upDownCounter(
        "scaling.concurrency.usage",
        "{permit}",
        "Permits in use in this instance",
        new Series(Map.of(), () -> snapshot.get().usage()));
    telemetry.upDownCounter(
        "scaling.concurrency.limit",
        "{permit}",
        "How many permits there may be",
        new Series(Map.of(), () -> snapshot.get().limit()));
    telemetry.upDownCounter(
        "scaling.concurrency.waiting",
        "{request}",
        "Calls that wait in this instance",
        new Series(Map.of(), () -> snapshot.get().waiting()));
    telemetry.counter(
        "scaling.concurrency.calls",
        "{call}",
        "Calls, by what became of them",
        series("success", () -> snapshot.get().successes()),
        series("overload", () -> snapshot.get().overloads()),
        series("other", () -> snapshot.get().others()),
        series("refused", () -> snapshot.get().refused()),
        series("waited_too_long", () -> snapshot.get().waitedTooLong()));
    return telemetry;
  }

  private static Series series(String outcome, LongSupplier value) {
    return new Series(Map.of("scaling.outcome", outcome), value);
  }
}
