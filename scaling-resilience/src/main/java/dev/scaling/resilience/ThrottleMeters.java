package dev.scaling.resilience;

import dev.scaling.core.telemetry.Telemetry;
import dev.scaling.core.telemetry.Telemetry.Series;
import java.util.Map;

/** What a throttle tells of itself; docs/resilience.md lists it. */
final class ThrottleMeters {

  private static final String OUTCOME = "scaling.outcome";

  private ThrottleMeters() {}

  static void register(Telemetry telemetry, Throttle throttle) {
    telemetry.gauge(
        "scaling.throttle.drop_ratio",
        "1",
        "Probability with which a call is refused at the client, as of the last call",
        throttle::dropRatio);
    telemetry.counter(
        "scaling.throttle.requests",
        "{request}",
        "Calls that were to be made, by whether they were refused at the client",
        new Series(
            Map.of(OUTCOME, "admitted"),
            () -> Math.max(0, throttle.requests() - throttle.rejections())),
        new Series(Map.of(OUTCOME, "rejected"), throttle::rejections));
  }
}
