package dev.scaling.concurrency.limit;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Somebody who wants permits of a key, and what became of it. */
final class Ask {

  final long cost;
  final long calls;
  final double horizonMicros;
  final CompletableFuture<Grant> grant = new CompletableFuture<>();
  private final boolean debt;
  private final @Nullable Stock stock;

  /**
   * Creates an ask.
   *
   * @param cost how many permits are taken together or not at all
   * @param calls how many times that may be taken
   * @param horizonMicros how far in the future they may be there
   */
  Ask(long cost, long calls, double horizonMicros) {
    this(cost, calls, horizonMicros, /* debt= */ false, /* stock= */ null);
  }

  private Ask(long cost, long calls, double horizonMicros, boolean debt, @Nullable Stock stock) {
    this.cost = cost;
    this.calls = calls;
    this.horizonMicros = horizonMicros;
    this.debt = debt;
    this.stock = stock;
  }

  /** Returns an ask for permits that have been given out already: as many of them as are there. */
  static Ask ofDebt(long permits) {
    return new Ask(1, permits, 0, /* debt= */ true, /* stock= */ null);
  }

  /** Returns an ask for permits that nobody wants yet, some of which may be there only later. */
  static Ask inAdvance(long permits, Stock stock) {
    return new Ask(1, permits, stock.horizonMicros(), /* debt= */ false, stock);
  }

  /** Ends an ask with what the store granted to a flight that was sent at a moment. */
  void end(Grant granted, long sentNanos) {
    if (stock != null) {
      stock.fill(granted, sentNanos);
    }
    grant.complete(granted);
  }

  /** Returns whether the store may be asked about both at once. */
  boolean goesWith(Ask other) {
    return cost == other.cost
        && horizonMicros == other.horizonMicros
        && calls <= Long.MAX_VALUE / 2 - other.calls;
  }

  /** Ends an ask that got no answer; what was owed is owed still. */
  void fail(@Nullable Throwable failure, AtomicLong owed) {
    if (debt) {
      owed.addAndGet(calls);
    }
    grant.completeExceptionally(failure == null ? new IllegalStateException("no cause") : failure);
  }
}
