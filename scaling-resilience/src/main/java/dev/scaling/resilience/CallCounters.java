package dev.scaling.resilience;

import dev.scaling.core.internal.Checks;
import dev.scaling.resilience.CallRejectedException.Reason;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** What a pipeline counts. Safe for use by many threads. */
final class CallCounters {

  final LongAdder calls = new LongAdder();
  final LongAdder callsRefused = new LongAdder(); // none of their attempts was made
  final LongAdder successes = new LongAdder();
  final LongAdder retries = new LongAdder();
  final LongAdder hedgesWon = new LongAdder();
  final LongAdder hedgesLost = new LongAdder();
  final LongAdder hedgesSuppressed = new LongAdder();
  final LongAdder timeouts = new LongAdder();
  final LongAdder deadlines = new LongAdder();
  final LongAdder fallbacks = new LongAdder();
  final LongAdder refusedByBudget = new LongAdder();
  final LongAdder refusedByDeadline = new LongAdder();
  private final Map<Reason, LongAdder> refused = new EnumMap<>(Reason.class);

  CallCounters() {
    for (var reason : Reason.values()) {
      refused.put(reason, new LongAdder());
    }
  }

  /** Returns hedges that have ended. */
  long hedges() {
    return hedgesWon.sum() + hedgesLost.sum();
  }

  /** Returns attempts for each call that made any; 1 if none did. */
  double amplification() {
    long made = calls.sum() - callsRefused.sum();
    return made <= 0 ? 1 : (double) (made + retries.sum() + hedges()) / made;
  }

  LongAdder refused(Reason reason) {
    return Checks.notNull(refused.get(reason), "reason");
  }

  Resilience.Snapshot snapshot(Gate gate) {
    return new Resilience.Snapshot(
        calls.sum(),
        successes.sum(),
        retries.sum(),
        hedges(),
        timeouts.sum(),
        deadlines.sum(),
        fallbacks.sum(),
        refusedByBudget.sum(),
        refusedByDeadline.sum(),
        refused.values().stream().mapToLong(LongAdder::sum).sum(),
        gate.breaker == null ? null : gate.breaker.state(),
        gate.slots == null ? 0 : gate.slots.usage());
  }
}
