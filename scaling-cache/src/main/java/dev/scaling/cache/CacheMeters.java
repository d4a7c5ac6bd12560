package dev.scaling.cache;

import dev.scaling.core.telemetry.Telemetry;
import dev.scaling.core.telemetry.Telemetry.Series;
import io.opentelemetry.api.OpenTelemetry;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A cache's instruments: each reads the snapshot that the cache gives anyway. */
final class CacheMeters {

  private CacheMeters() {}

  static Telemetry register(
      @Nullable OpenTelemetry openTelemetry, String name, Supplier<CacheSnapshot> snapshot) {
    var telemetry = new Telemetry(openTelemetry, "scaling-cache", name);
    telemetry.counter(
        "scaling.cache.requests",
        "{request}",
        "Reads of a key, by the tier that was asked and what it had",
        request("local", "hit", () -> snapshot.get().localHits()),
        request("local", "miss", () -> snapshot.get().localMisses()),
        request("remote", "hit", () -> snapshot.get().remoteHits()),
        request("remote", "miss", () -> snapshot.get().remoteMisses()),
        request("remote", "skipped", () -> snapshot.get().redisSkipped()));
    telemetry.counter(
        "scaling.cache.loads",
        "{load}",
        "Keys read from the source",
        outcome("success", () -> snapshot.get().loads()),
        outcome("failure", () -> snapshot.get().loadFailures()));
    telemetry.counter(
        "scaling.cache.fills.refused",
        "{fill}",
        "Loaded values that were served but not stored",
        outcome("invalidated", () -> snapshot.get().fillsRejected()),
        outcome("not_stored", () -> snapshot.get().notStored()));
    telemetry.counter(
        "scaling.cache.invalidations",
        "{invalidation}",
        "Keys whose copies were to be dropped",
        outcome("sent", () -> snapshot.get().invalidationsSent()),
        outcome("failed", () -> snapshot.get().invalidationsFailed()),
        outcome("received", () -> snapshot.get().invalidationsReceived()));
    telemetry.counter(
        "scaling.cache.lease.waits",
        "{wait}",
        "Times that a key waited for the load of another instance",
        series(() -> snapshot.get().leaseWaits()));
    telemetry.counter(
        "scaling.cache.fence.losses",
        "{fence}",
        "Updates whose fence could not be kept",
        series(() -> snapshot.get().fencesLost()));
    telemetry.counter(
        "scaling.cache.unreadable",
        "{value}",
        "Values in Redis of another schema or codec, or damaged",
        series(() -> snapshot.get().unreadable()));
    telemetry.counter(
        "scaling.cache.redis.failures",
        "{call}",
        "Calls to Redis that failed",
        series(() -> snapshot.get().redisFailures()));
    telemetry.counter(
        "scaling.cache.evictions",
        "{eviction}",
        "Entries that left the local tier for want of room or by age",
        series(() -> snapshot.get().localEvictions()));
    telemetry.upDownCounter(
        "scaling.cache.entry.count",
        "{entry}",
        "Entries in the local tier",
        series(() -> snapshot.get().localEntries()));
    return telemetry;
  }

  private static Series request(String tier, String result, LongSupplier value) {
    return new Series(Map.of("scaling.cache.tier", tier, "scaling.cache.result", result), value);
  }

  private static Series outcome(String outcome, LongSupplier value) {
    return new Series(Map.of("scaling.outcome", outcome), value);
  }

  private static Series series(LongSupplier value) {
    return new Series(Map.of(), value);
  }
}
