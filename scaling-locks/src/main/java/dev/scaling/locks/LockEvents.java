package dev.scaling.locks;

import dev.scaling.core.Time;
import dev.scaling.core.telemetry.Telemetry;
import dev.scaling.locks.Acquisition.Acquired;
import dev.scaling.locks.Acquisition.Contended;
import dev.scaling.locks.Acquisition.Unavailable;
import dev.scaling.locks.Lease.LossReason;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.trace.Span;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What is told of each call while it happens: how long it took, and to its span what became of it.
 */
final class LockEvents {

  /*
   * All of it hangs on the caller's object, which exists only if there is an OpenTelemetry: without one
   * no clock is read and nothing is allocated. Nothing here runs in a section: spans and histograms are
   * somebody else's code. Nor does a caller wait for ever, or a lock stay taken, because that code throws.
   */

  private static final List<Double> ACQUIRING_SECONDS = List.of(
      0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
      60.0);
  private static final List<Double> HOLDING_SECONDS = List.of(
      0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0,
      600.0);

  private final Telemetry telemetry;
  private final Time time;
  private final LockLog log;
  private final LongConsumer acquired;
  private final LongConsumer contended;
  private final LongConsumer unavailable;
  private final LongConsumer held;

  LockEvents(Telemetry telemetry, Time time, LockLog log) {
    this.telemetry = telemetry;
    this.time = time;
    this.log = log;
    acquired = acquiring("acquired");
    contended = acquiring("contended");
    unavailable = acquiring("unavailable");
    held = telemetry.duration(
        "scaling.lock.hold.duration", "How long callers had leases", HOLDING_SECONDS, Map.of());
  }

  /** Returns the caller on this thread, or {@code null} if nobody wants to know. */
  @Nullable
  Caller caller() {
    return telemetry.isOn() ? new Caller(this) : null;
  }

  private LongConsumer acquiring(String outcome) {
    return telemetry.duration(
        "scaling.lock.acquire.duration",
        "How long calls for a lock took, by what became of them",
        ACQUIRING_SECONDS,
        Map.of(LockMeters.OUTCOME, outcome));
  }

  /** Who called for a lock: when, and in which span. Safe for use by many threads. */
  static final class Caller {

    private final LockEvents events;
    private final long beganNanos;
    private final @Nullable Span span;

    private Caller(LockEvents events) {
      this.events = events;
      beganNanos = events.time.nanoTime();
      var current = Span.current();
      span = current.isRecording() ? current : null;
    }

    /** The call has ended; to be said before its caller hears of it, who may end the span. */
    void ended(Acquisition outcome) {
      if (outcome instanceof Acquired by) {
        by.lease().caller = this;
      }
      quietly(() -> tell(outcome));
    }

    /** The caller has the lease no more, whatever the reason. */
    void letGo(Lease lease) {
      quietly(() -> events.held.accept(heldNanos(lease)));
    }

    /** The lease was lost; its span hears of that if it has not ended. */
    void lost(Lease lease, LossReason reason) {
      quietly(() -> tell(lease, reason));
    }

    private void quietly(Runnable telling) {
      try {
        telling.run();
      } catch (Throwable e) { // an SDK of another version throws errors
        events.log.callbackFailed(e);
      }
    }

    private void tell(Acquisition outcome) {
      long nanos = events.time.nanoTime() - beganNanos;
      if (outcome instanceof Acquired) {
        events.acquired.accept(nanos);
      } else {
        (outcome instanceof Contended ? events.contended : events.unavailable).accept(nanos);
      }
      if (isWatched()) {
        var attributes = events.telemetry.component().toBuilder();
        attributes.put("scaling.lock.waited_millis", TimeUnit.NANOSECONDS.toMillis(nanos));
        describe(outcome, attributes);
        add("scaling.lock.acquisition", attributes);
      }
    }

    private void tell(Lease lease, LossReason reason) {
      if (isWatched()) {
        var attributes = events.telemetry.component().toBuilder();
        attributes.put(LockMeters.LOSS_REASON, LockMeters.word(reason));
        attributes.put("scaling.lock.fencing_token", lease.fencingToken());
        attributes.put("scaling.lock.held_millis", TimeUnit.NANOSECONDS.toMillis(heldNanos(lease)));
        add("scaling.lock.loss", attributes);
      }
    }

    private static void describe(Acquisition outcome, AttributesBuilder attributes) {
      if (outcome instanceof Acquired by) {
        attributes.put(LockMeters.OUTCOME, "acquired");
        attributes.put("scaling.lock.fencing_token", by.lease().fencingToken());
        attributes.put("scaling.lock.handed_on", by.lease().isHandedOn);
      } else if (outcome instanceof Contended by) {
        attributes.put(LockMeters.OUTCOME, "contended");
        attributes.put("scaling.lock.holder", by.holder());
      } else if (outcome instanceof Unavailable by) {
        attributes.put(LockMeters.OUTCOME, "unavailable");
        attributes.put("scaling.lock.nodes", by.nodes().toArray(String[]::new));
      }
    }

    private boolean isWatched() {
      return span != null && span.isRecording();
    }

    private void add(String event, AttributesBuilder attributes) {
      if (span != null) {
        span.addEvent(event, attributes.build());
      }
    }

    private long heldNanos(Lease lease) {
      return events.time.nanoTime() - lease.began.nanos();
    }
  }
}
