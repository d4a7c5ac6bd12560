package dev.scaling.locks;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Until when each node holds a lock for an attempt, at least. Immutable. */
final class Holdings {

  /*
   * Until the q-th latest of these moments at least q nodes hold the lock for the attempt, so that nobody
   * else can have q of them: that is how long a lease is valid [1]. Each moment counts from before the
   * send of the last call that the node has confirmed, so that late replies, nodes that were renewed at
   * different times, slow ones and repaired ones need no rule of their own.
   *
   * [1] a vector in place of the one "validity time" of Redlock,
   *     https://redis.io/docs/latest/develop/clients/patterns/distributed-locks/
   */

  private final @Nullable Moment[] until;

  private Holdings(@Nullable Moment[] until) {
    this.until = until;
  }

  static Holdings none(int nodes) {
    return new Holdings(new @Nullable Moment[nodes]);
  }

  /** Returns these with a node that holds the lock until then at least. */
  Holdings with(int node, Moment then) {
    var copy = until.clone();
    var known = copy[node];
    copy[node] = known != null && known.nanos() - then.nanos() > 0 ? known : then;
    return new Holdings(copy);
  }

  /** Returns these with a node that does not hold the lock. */
  Holdings without(int node) {
    var copy = until.clone();
    copy[node] = null;
    return new Holdings(copy);
  }

  boolean has(int node) {
    return until[node] != null;
  }

  int count() {
    int count = 0;
    for (Moment each : until) {
      count += each == null ? 0 : 1;
    }
    return count;
  }

  /** Returns for how long a quorum of nodes still holds the lock; negative if none does. */
  long remainingNanos(Moment now, int quorum) {
    if (until.length == 1) {
      var only = until[0];
      return only == null ? Long.MIN_VALUE : only.nanosFrom(now);
    }
    var left = new long[until.length];
    for (int i = 0; i < left.length; i++) {
      var each = until[i];
      left[i] = each == null ? Long.MIN_VALUE : each.nanosFrom(now);
    }
    Arrays.sort(left);
    return left[left.length - quorum];
  }
}
