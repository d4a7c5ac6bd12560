package dev.scaling.concurrency.limit;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** Somebody who wants permits of a key, and the future of what becomes of it. */
final class Ask extends CompletableFuture<Grant> {

  private static final double OF_DEBT = -1; // in place of a horizon

  final long cost;
  final long calls;
  final double horizonMicros;
  private final @Nullable Consumer<Grant> receiver;

  /**
   * Creates an ask.
   *
   * @param cost how many permits are taken together or not at all
   * @param calls how many times that may be taken
   * @param horizonMicros how far in the future they may be there
   */
  Ask(long cost, long calls, double horizonMicros) {
    this(cost, calls, horizonMicros, /* receiver= */ null);
  }

  /** Creates an ask whose receiver gets the answer before any later ask of the key has one. */
  Ask(long cost, long calls, double horizonMicros, @Nullable Consumer<Grant> receiver) {
    this.cost = cost;
    this.calls = calls;
    this.horizonMicros = horizonMicros;
    this.receiver = receiver;
  }

  /**
   * Returns an ask that takes permits which were given out already: from each limit as many of them
   * as it has, and none of its calls is granted.
   */
  static Ask ofDebt(long permits) {
    return new Ask(/* cost= */ 1, permits, OF_DEBT);
  }

  boolean isDebt() {
    return horizonMicros == OF_DEBT;
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
    if (isDebt()) {
      owed.accept(calls);
    }
    @Nullable Throwable cause = failure;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    completeExceptionally(cause == null ? new IllegalStateException("no cause") : cause);
  }
}
