package dev.scaling.core.redis;

import dev.scaling.core.redis.RedisCallException.Failure;
import dev.scaling.core.telemetry.Telemetry;
import dev.scaling.core.telemetry.Telemetry.Series;
import io.opentelemetry.api.OpenTelemetry;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The port's instruments. */
final class RedisMeters {

  private RedisMeters() {}

  static Telemetry register(@Nullable OpenTelemetry openTelemetry, String name, Outcomes outcomes) {
    var telemetry = new Telemetry(openTelemetry, "scaling-core", name);
    telemetry.counter(
        "scaling.redis.calls",
        "{call}",
        "Commands sent to Redis",
        new Series(Map.of(), outcomes.calls::sum));
    telemetry.counter(
        "scaling.redis.batches",
        "{batch}",
        "Pipelines in which the commands travelled",
        new Series(Map.of(), outcomes.batches::sum));
    telemetry.counter(
        "scaling.redis.failures",
        "{call}",
        "Calls that brought no reply",
        Arrays.stream(Failure.values())
            .map(failure -> series(failure, outcomes))
            .toArray(Series[]::new));
    return telemetry;
  }

  private static Series series(Failure failure, Outcomes outcomes) {
    String type = failure.name().toLowerCase(Locale.ROOT);
    return new Series(Map.of("error.type", type), () -> outcomes.failures(failure));
  }
}
