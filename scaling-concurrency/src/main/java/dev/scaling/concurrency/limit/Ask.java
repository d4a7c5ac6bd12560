package dev.scaling.concurrency.limit;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** Somebody who wants permits of a key, and the future of what becomes of it. */
final class Ask extends CompletableFuture<Grant> {

  final long cost;
  final long calls;
  final double horizonMicros;
  private final @Nullable Consumer<Grant> receiver;
  private final boolean debt;

  /**
   * Creates an ask.
   *
   * @param cost how many permits are taken together or not at all
   * @param calls how many times that may be taken
   * @param horizonMicros how far in the future they may be there
   */
  Ask(long cost, long calls, double horizonMicros) {
    this(cost, calls, horizonMicros, /* receiver= */ null, /* debt= */ false);
  }

  /** Creates an ask whose receiver gets the answer before any later ask of the key has one. */
  Ask(long cost, long calls, double horizonMicros, Consumer<Grant> receiver) {
    this(cost, calls, horizonMicros, receiver, /* debt= */ false);
  }

  private Ask(
      long cost,
      long calls,
      double horizonMicros,
      @Nullable Consumer<Grant> receiver,
      boolean debt) {
    this.cost = cost;
    this.calls = calls;
    this.horizonMicros = horizonMicros;
    this.receiver = receiver;
    this.debt = debt;
  }

  /** Returns an ask for permits that have been given out already: as many of them as are there. */
  static Ask ofDebt(long permits) {
    return new Ask(1, permits, 0, /* receiver= */ null, /* debt= */ true);
  }

  /** Returns whether the store may be asked about both at once. */
  boolean goesWith(Ask other) {
    return cost == other.cost
        && horizonMicros == other.horizonMicros
        && calls <= Long.MAX_VALUE / 2 - other.calls;
  }

  void received(Grant granted) {
    if (receiver != null) {
      receiver.accept(granted);
    }
  }

  /**
   * Ends an ask that got no answer; what was owed is owed still. The failure ends it unwrapped: an
   * error of the server must not be taken for silence.
   */
  void fail(@Nullable Throwable failure, LongConsumer owed) {
    if (debt) {
      owed.accept(calls);
    }
    @Nullable Throwable cause = failure;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    completeExceptionally(cause == null ? new IllegalStateException("no cause") : cause);
  }
}
