package dev.scaling.concurrency.collapse;

import dev.scaling.core.telemetry.Telemetry;
import dev.scaling.core.telemetry.Telemetry.Series;
import io.opentelemetry.api.OpenTelemetry;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The instruments of collapsers and batchers: each reads the snapshot that they give anyway. */
final class CollapseMeters {

  private CollapseMeters() {}

  static Telemetry register(
      @Nullable OpenTelemetry openTelemetry, String name, Supplier<CollapserSnapshot> snapshot) {
    var telemetry = new Telemetry(openTelemetry, "scaling-concurrency", name);
    calls(telemetry, () -> snapshot.get().leaders(), () -> snapshot.get().followers());
    return telemetry;
  }

  static Telemetry registerBatcher(
      @Nullable OpenTelemetry openTelemetry, String name, Supplier<BatcherSnapshot> snapshot) {
    var telemetry = new Telemetry(openTelemetry, "scaling-concurrency", name);
    calls(telemetry, () -> snapshot.get().leaders(), () -> snapshot.get().followers());
    telemetry.counter(
        "scaling.batch.calls",
        "{call}",
        "Bulk calls, by what became of them",
        new Series(Map.of("scaling.outcome", "success"), () -> {
          var seen = snapshot.get();
          return seen.batches() - seen.failures();
        }),
        new Series(Map.of("scaling.outcome", "failure"), () -> snapshot.get().failures()));
    telemetry.counter(
        "scaling.batch.keys",
        "{key}",
        "Keys that bulk calls were made with",
        new Series(Map.of(), () -> snapshot.get().keys()));
    return telemetry;
  }

  private static void calls(Telemetry telemetry, LongSupplier leaders, LongSupplier followers) {
    telemetry.counter(
        "scaling.collapse.calls",
        "{call}",
        "Calls, by whether they started an execution or shared one",
        new Series(Map.of("scaling.collapse.role", "leader"), leaders),
        new Series(Map.of("scaling.collapse.role", "follower"), followers));
  }
}
