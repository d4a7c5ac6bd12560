package dev.scaling.concurrency.collapse;

import java.util.Map;
import java.util.Set;

/** Reads, or does, many things at once. */
@FunctionalInterface
public interface BulkFunction<K, V> {

  /**
   * Returns what there is for some keys. Runs on the batcher's executor, or on the thread of a lone
   * caller that blocks, and is interrupted once no caller waits for it any more.
   *
   * @param keys at least one, each once, in the order of the calls; not to be changed
   * @return the values found; a key that is missing has none, other keys are ignored
   * @throws Exception for any reason; then the calls for all of the keys have failed, unless the
   *     batcher isolates failures
   */
  Map<K, V> load(Set<K> keys) throws Exception;
}
