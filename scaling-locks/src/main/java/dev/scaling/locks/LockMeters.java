package dev.scaling.locks;

import dev.scaling.core.telemetry.Telemetry;
import dev.scaling.core.telemetry.Telemetry.Series;
import dev.scaling.locks.Lease.LossReason;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** The metrics of a lock service. */
final class LockMeters {

  static final String OUTCOME = "scaling.outcome";
  static final String LOSS_REASON = "scaling.lock.loss_reason";

  private LockMeters() {}

  static void register(Telemetry telemetry, Supplier<LockSnapshot> snapshot) {
    telemetry.counter(
        "scaling.lock.acquisitions",
        "{acquisition}",
        "Calls for a lock, by what became of them",
        outcome("acquired", () -> snapshot.get().acquired()),
        outcome("contended", () -> snapshot.get().contended()),
        outcome("unavailable", () -> snapshot.get().unavailable()));
    telemetry.counter(
        "scaling.lock.losses",
        "{loss}",
        "Leases that ended before they were released, by reason",
        Arrays.stream(LossReason.values())
            .map(reason -> loss(reason, snapshot))
            .toArray(Series[]::new));
    telemetry.counter(
        "scaling.lock.renewals",
        "{renewal}",
        "How often a lease was to be extended, by what became of it",
        outcome("confirmed", () -> snapshot.get().renewals() - snapshot.get().failedRenewals()),
        outcome("failed", () -> snapshot.get().failedRenewals()));
    telemetry.counter(
        "scaling.lock.node.failures",
        "{call}",
        "Calls to a node that brought no usable answer",
        series(() -> snapshot.get().nodeFailures()));
    telemetry.upDownCounter(
        "scaling.lock.held",
        "{lease}",
        "Leases now",
        series(() -> snapshot.get().leases()));
    telemetry.upDownCounter(
        "scaling.lock.waiting",
        "{request}",
        "Calls that wait",
        series(() -> snapshot.get().waiting()));
    telemetry.upDownCounter(
        "scaling.lock.node.outside",
        "{node}",
        "Nodes that grant nothing, as far as is known",
        series(() -> snapshot.get().outside().size()));
  }

  /** Returns what a reason is called in telemetry. */
  static String word(LossReason reason) {
    return reason.name().toLowerCase(Locale.ROOT);
  }

  private static Series loss(LossReason reason, Supplier<LockSnapshot> snapshot) {
    return new Series(
        Map.of(LOSS_REASON, word(reason)), () -> snapshot.get().lost().getOrDefault(reason, 0L));
  }

  private static Series outcome(String outcome, LongSupplier value) {
    return new Series(Map.of(OUTCOME, outcome), value);
  }

  private static Series series(LongSupplier value) {
    return new Series(Map.of(), value);
  }
}
