package dev.scaling.concurrency.adaptive;

import java.util.concurrent.atomic.LongAdder;

/** What a limit counts. */
final class AdaptiveCounters {

  final LongAdder successes = new LongAdder();
  final LongAdder usages = new LongAdder(); // summed over the successes, as each saw it at its end
  final LongAdder overloads = new LongAdder();
  final LongAdder others = new LongAdder();
  final LongAdder blocked = new LongAdder();
  final LongAdder refused = new LongAdder();
  final LongAdder waitedTooLong = new LongAdder();
}
