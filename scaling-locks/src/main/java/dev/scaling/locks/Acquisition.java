package dev.scaling.locks;

import java.time.Duration;
import java.util.List;

/** What became of an attempt to take a lock. */
public sealed interface Acquisition {

  /**
   * The caller has the lock.
   *
   * @param lease what says so, and for how long
   */
  record Acquired(Lease lease) implements Acquisition {}

  /**
   * Somebody else has the lock.
   *
   * @param holder the instance that had it when Redis was last asked
   * @param remaining for how long at least it would be kept then, unless it is released or renewed;
   *     no hint of when it will be released
   */
  record Contended(String holder, Duration remaining) implements Acquisition {}

  /**
   * Too few nodes could be asked for anybody to know.
   *
   * @param nodes those that did not answer, refused the call, have lost their memory, or are
   *     another node's server by a second name
   */
  record Unavailable(List<String> nodes) implements Acquisition {

    /** Copies the list. */
    public Unavailable {
      nodes = List.copyOf(nodes);
    }
  }
}
