package dev.scaling.concurrency.limit;

import dev.scaling.concurrency.limit.Decision.Source;
import dev.scaling.concurrency.limit.RateLimiterBuilder.WhenRedisFails;
import dev.scaling.core.Time;
import java.time.Duration;
import java.util.List;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/** Decides while Redis is away. */
final class Fallback {

  /*
   * With LOCAL_SHARE each instance grants its part of the limits, by its own clock, so that all of them
   * together grant what the limits say: rate and burst divided by the instances that were alive when
   * Redis was last asked. A burst is at least 1, so of a burst below the number of instances more may
   * come at once. What was granted is owed to Redis, and taken there once it answers.
   */

  private static final Duration RETRY_AFTER = Duration.ofMillis(100);

  private final WhenRedisFails mode;
  private final List<String> names;
  private final List<RateLimit> limits;
  private final IntSupplier instances;
  private final Time time;
  private final int most;
  private volatile @Nullable Share share;

  Fallback(RateLimiterBuilder builder, IntSupplier instances) {
    mode = builder.whenRedisFails;
    names = builder.names;
    limits = builder.limits;
    time = builder.time;
    most = builder.maximumKeys;
    this.instances = instances;
  }

  /** Begins an outage: with the instances that are known now. */
  void begin() {
    int count = instances.getAsInt();
    var last = share;
    if (last == null || last.instances != count) {
      share = new Share(count);
    }
  }

  /** Decides about some calls of equal cost; what it grants is owed to the store. */
  Decision decide(KeyCell cell, long cost, long calls) {
    return switch (mode) {
      case FAIL_OPEN -> owed(cell, Decisions.blind(cost * calls, Duration.ZERO, Source.FALLBACK));
      case FAIL_CLOSED -> Decisions.blind(0, RETRY_AFTER, Source.FALLBACK);
      case LOCAL_SHARE -> owed(cell, current().decide(cell.key(), cost, calls));
    };
  }

  void sweep() {
    var last = share;
    if (last != null) {
      last.store.sweep();
    }
  }

  private static Decision owed(KeyCell cell, Decision decision) {
    if (decision.isPermitted()) {
      cell.owe(decision.permits());
    }
    return decision;
  }

  private Share current() {
    var last = share;
    if (last == null) {
      begin();
      last = share;
    }
    return last == null ? new Share(1) : last;
  }

  /** The part of the limits of one instance. */
  private final class Share {

    final int instances;
    final LocalStore store;
    private final Decisions decisions;

    Share(int instances) {
      this.instances = instances;
      var gcra = new Gcra(names, limits, instances);
      store = new LocalStore(gcra, time, /* longestHorizon= */ 0, most);
      decisions = new Decisions(gcra);
    }

    Decision decide(String key, long cost, long calls) {
      var ask = new Ask(cost, calls, /* horizonMicros= */ 0);
      var taken = store.take(key, List.of(ask)).join();
      double[] after = taken.tats().clone();
      decisions.gcra().take(after, taken.calls()[0] * cost);
      var grant = new Grant(
          taken.calls()[0],
          taken.nowMicros(),
          taken.tats(),
          after,
          /* sentNanos= */ 0,
          /* receivedNanos= */ 0);
      return decisions.of(grant, cost, Source.FALLBACK);
    }
  }
}
