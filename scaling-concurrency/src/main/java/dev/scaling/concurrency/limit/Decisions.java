package dev.scaling.concurrency.limit;

import dev.scaling.concurrency.limit.Decision.Source;
import java.time.Duration;

/** Puts what a store answered into the words of a decision. */
final class Decisions {

  private final Gcra gcra;

  Decisions(Gcra gcra) {
    this.gcra = gcra;
  }

  Gcra gcra() {
    return gcra;
  }

  /** Returns what became of an ask. */
  Decision of(Grant grant, long cost, Source source) {
    long permits = grant.calls() * cost;
    return of(grant.after(), grant.nowMicros(), permits, permits > 0 ? 1 : cost, source);
  }

  Decision refused(KeyCell.Refusal refusal, long cost, Source source) {
    return of(refusal.tats(), refusal.nowMicros(), 0, cost, source);
  }

  /** Returns a decision without numbers. */
  static Decision blind(long permits, Duration retryAfter, Source source) {
    return new Decision(permits, retryAfter, 0, Duration.ZERO, null, source);
  }

  private Decision of(double[] tats, double now, long permits, long next, Source source) {
    int limit = permits > 0 ? gcra.scarcest(tats, now) : gcra.limiting(tats, next);
    return new Decision(
        permits,
        permits > 0 ? Duration.ZERO : duration(gcra.usableAt(tats, next) - now),
        gcra.remaining(tats, now),
        duration(tats[limit] - now),
        gcra.name(limit),
        source);
  }

  /** Rounds up: who waits for so long does not come too early. */
  static Duration duration(double micros) {
    return Duration.ofNanos((long) Math.ceil(Math.max(0, micros)) * 1_000);
  }
}
