package dev.scaling.resilience;

import dev.scaling.core.telemetry.Telemetry;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.trace.Span;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What is told of calls while they happen: to the caller's span what keeps it waiting, and, if that
 * is wanted, how long each call took. Spans and histograms are somebody else's code: none of it
 * runs in a section, and none of it fails a call.
 */
final class CallEvents {

  private static final List<Double> SECONDS =
      List.of(0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0);

  private final Telemetry telemetry;
  private final PipelineLog log;
  private final Map<Ending, LongConsumer> durations = new EnumMap<>(Ending.class);

  CallEvents(Telemetry telemetry, PipelineLog log, boolean areDurationsWanted) {
    this.telemetry = telemetry;
    this.log = log;
    if (areDurationsWanted && telemetry.isOn()) {
      for (var ending : Ending.values()) {
        durations.put(
            ending,
            telemetry.duration(
                "scaling.call.duration",
                "How long calls took, with all their attempts, by what became of them",
                SECONDS,
                Map.of("scaling.outcome", ending.word())));
      }
    }
  }

  boolean areDurationsWanted() {
    return !durations.isEmpty();
  }

  void ended(Ending ending, long nanos) {
    quietly(() -> {
      var duration = durations.get(ending);
      if (duration != null) {
        duration.accept(nanos);
      }
    });
  }

  /** Returns the span of the caller on this thread, if anybody records it. */
  @Nullable
  Span span() {
    if (!telemetry.isOn()) {
      return null;
    }
    try {
      var current = Span.current();
      return current.isRecording() ? current : null;
    } catch (Throwable e) { // an SDK of another version throws errors
      log.callbackFailed(e);
      return null;
    }
  }

  void retries(@Nullable Span span, int attempt, long waitNanos, Throwable failure) {
    add(
        span,
        "scaling.retry",
        attributes -> attributes
            .put("scaling.attempt.number", attempt)
            .put("scaling.retry.wait_millis", TimeUnit.NANOSECONDS.toMillis(waitNanos))
            .put("error.type", failure.getClass().getName()));
  }

  void hedges(@Nullable Span span) {
    add(span, "scaling.hedge", attributes -> attributes);
  }

  void refused(@Nullable Span span, Throwable refusal) {
    String reason = refusal instanceof CallRejectedException rejected
        ? rejected.reason().metric
        : refusal instanceof DeadlineExceededException ? "deadline" : "other"; // of the user's
    add(
        span,
        "scaling.rejection",
        attributes -> attributes.put("scaling.rejection.reason", reason));
  }

  private void add(@Nullable Span span, String event, Details details) {
    if (span != null) {
      quietly(() ->
          span.addEvent(event, details.of(telemetry.component().toBuilder()).build()));
    }
  }

  private void quietly(Runnable telling) {
    try {
      telling.run();
    } catch (Throwable e) { // an SDK of another version throws errors
      log.callbackFailed(e);
    }
  }

  /** What an event says besides its component. */
  @FunctionalInterface
  private interface Details {

    AttributesBuilder of(AttributesBuilder attributes);
  }
}
