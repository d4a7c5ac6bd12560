package dev.scaling.concurrency.collapse;

import dev.scaling.concurrency.internal.Flights;
import java.util.concurrent.atomic.LongAdder;

/** What the flights of one collapser share. */
record Collapse<K, V>(
    Common common, Flights<K, V, CollapsedFlight<K, V>> flights, Counters counters) {

  /** What a collapser counts. */
  static final class Counters {

    final LongAdder leaders = new LongAdder();
    final LongAdder followers = new LongAdder();
    final LongAdder retries = new LongAdder();
    final LongAdder abandoned = new LongAdder();
  }
}
