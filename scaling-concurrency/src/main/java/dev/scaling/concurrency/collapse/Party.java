package dev.scaling.concurrency.collapse;

import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What a flight needs only if it has callers with a seat, or is abandoned; made then, so that the
 * others stay small.
 */
final class Party<V> {

  final Map<Seat<V>, Callable<?>> seats = new ConcurrentHashMap<>();

  /** Of the leader, if its followers are to have an execution of their own when it fails. */
  volatile @Nullable Seat<V> leader;

  volatile boolean isRetried;

  /** What the execution started, if it is not over when it returns. */
  volatile @Nullable CompletionStage<?> stage;

  /** Whether who abandoned the flight touches the executing thread no more. */
  volatile boolean isSettled;

  @Nullable
  Thread interrupted; // by who abandoned the flight; written before isSettled, read after it
}
