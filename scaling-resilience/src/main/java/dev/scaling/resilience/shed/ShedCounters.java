package dev.scaling.resilience.shed;

import dev.scaling.core.telemetry.Telemetry;
import dev.scaling.core.telemetry.Telemetry.Series;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;

/** What a shedder counts; docs/resilience.md lists it. */
final class ShedCounters {

  private static final String PRIORITY = "scaling.request.priority";
  private static final String OUTCOME = "scaling.outcome";
  private static final String REASON = "scaling.rejection.reason";

  // Filled once, and then only read.
  private final Map<Priority, Map<Verdict, LongAdder>> counts = new EnumMap<>(Priority.class);

  ShedCounters() {
    for (var priority : Priority.values()) {
      var row = new EnumMap<Verdict, LongAdder>(Verdict.class);
      for (var verdict : Verdict.values()) {
        row.put(verdict, new LongAdder());
      }
      counts.put(priority, row);
    }
  }

  void count(Priority priority, Verdict verdict) {
    adder(priority, verdict).increment();
  }

  long of(Priority priority, Verdict verdict) {
    return adder(priority, verdict).sum();
  }

  long of(Verdict verdict) {
    return Stream.of(Priority.values()).mapToLong(each -> of(each, verdict)).sum();
  }

  void register(Telemetry telemetry, Places places) {
    telemetry.counter(
        "scaling.shed.requests",
        "{request}",
        "Requests, by priority, and by whether and why they were refused",
        Stream.of(Priority.values())
            .flatMap(each -> Stream.of(Verdict.values()).map(verdict -> series(each, verdict)))
            .toArray(Series[]::new));
    telemetry.upDownCounter(
        "scaling.shed.usage",
        "{request}",
        "Requests that were admitted and have not ended",
        new Series(Map.of(), places::usage));
    telemetry.upDownCounter(
        "scaling.shed.limit",
        "{request}",
        "Requests that may be under way at once",
        new Series(Map.of(), places::limit));
    telemetry.gauge(
        "scaling.shed.utilization",
        "1",
        "Usage by limit",
        () -> (double) places.usage() / places.limit());
  }

  private LongAdder adder(Priority priority, Verdict verdict) {
    return Objects.requireNonNull(Objects.requireNonNull(counts.get(priority)).get(verdict));
  }

  private Series series(Priority priority, Verdict verdict) {
    String name = priority.name().toLowerCase(Locale.ROOT);
    var attributes = verdict == Verdict.ADMITTED
        ? Map.of(PRIORITY, name, OUTCOME, "admitted")
        : Map.of(
            PRIORITY, name, OUTCOME, "rejected", REASON, verdict.name().toLowerCase(Locale.ROOT));
    return new Series(attributes, () -> of(priority, verdict));
  }
}
