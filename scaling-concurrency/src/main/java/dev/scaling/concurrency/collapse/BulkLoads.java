package dev.scaling.concurrency.collapse;

import dev.scaling.concurrency.collapse.BatcherBuilder.WhenMissing;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/** Calls the bulk function, and tells each key its outcome. */
final class BulkLoads<K, V> {

  private final BulkFunction<K, ?> function;
  private final boolean givesOutcomes;
  private final boolean failsMissing;
  private final boolean isolatesFailures;
  private final BatchCounters counters;

  BulkLoads(BatcherBuilder<K, V> builder, BatchCounters counters) {
    function = builder.function;
    givesOutcomes = builder.givesOutcomes;
    failsMissing = builder.whenMissing == WhenMissing.FAIL;
    isolatesFailures = builder.isolatesFailures;
    this.counters = counters;
  }

  void load(Batch<K, V> batch) {
    load(batch, batch.entries());
  }

  private void load(Batch<K, V> batch, Map<K, Entry<K, V>> part) {
    Map<K, ?> values;
    try {
      counters.batches.increment();
      counters.keys.add(part.size());
      values = function.load(Collections.unmodifiableSet(part.keySet()));
      if (values == null) {
        throw new NullPointerException("the bulk function returned null");
      }
    } catch (Throwable e) { // an error must reach the callers too, who would wait for ever
      counters.failures.increment();
      failed(batch, part, e);
      return;
    }
    part.forEach((key, entry) -> end(entry, key, values));
  }

  private void failed(Batch<K, V> batch, Map<K, Entry<K, V>> part, Throwable failure) {
    if (batch.isCancelled()) {
      return; // nobody waits
    }
    if (failure instanceof InterruptedException) {
      Thread.currentThread().interrupt();
    }
    if (isolatesFailures && part.size() > 1 && isPerhapsOfOneKey(failure)) {
      Map<K, Entry<K, V>> first = new LinkedHashMap<>();
      Map<K, Entry<K, V>> second = new LinkedHashMap<>();
      part.forEach(
          (key, entry) -> (first.size() < part.size() / 2 ? first : second).put(key, entry));
      load(batch, first);
      load(batch, second);
    } else {
      part.values().forEach(entry -> entry.crash(failure));
    }
  }

  private static boolean isPerhapsOfOneKey(Throwable failure) {
    return failure instanceof Exception && !(failure instanceof InterruptedException);
  }

  private void end(Entry<K, V> entry, K key, Map<K, ?> values) {
    Object found;
    try {
      found = values.get(key);
    } catch (Throwable e) { // a map of the application's own; the other keys have callers too
      entry.crash(e);
      return;
    }
    if (found == null) {
      if (failsMissing) {
        entry.crash(new NoSuchElementException("the bulk function returned nothing for the key"));
      } else {
        entry.land(null);
      }
    } else if (givesOutcomes && found instanceof Outcome<?> outcome) {
      if (outcome.failure() == null) {
        entry.land(cast(outcome.value()));
      } else {
        entry.crash(outcome.failure());
      }
    } else {
      entry.land(cast(found));
    }
  }

  @SuppressWarnings("unchecked") // the batcher's factories take only functions of its values
  private @Nullable V cast(@Nullable Object value) {
    return (V) value;
  }
}
