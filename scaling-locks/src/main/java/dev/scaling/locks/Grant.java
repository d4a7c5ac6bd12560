package dev.scaling.locks;

import dev.scaling.locks.Lease.LossReason;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** What the nodes granted to one attempt. Its leases, one after the other, share it. */
final class Grant {

  final String attempt;
  final boolean reads;
  final long counter; // what a quorum of nodes has confirmed
  final boolean waited;
  final IntPredicate onTheWay; // whether a call of the attempt may still arrive at a node
  final AtomicReference<Holdings> holdings;

  /** The lease that counts: the last one. */
  volatile @Nullable Lease holder;

  Grant(
      String attempt,
      boolean reads,
      long counter,
      Holdings holdings,
      boolean waited,
      IntPredicate onTheWay) {
    this.attempt = attempt;
    this.reads = reads;
    this.counter = counter;
    this.holdings = new AtomicReference<>(holdings);
    this.waited = waited;
    this.onTheWay = onTheWay;
  }

  /** A node has confirmed the lease; it lasts there until then at least. */
  void confirmed(int node, Moment until) {
    holdings.updateAndGet(known -> known.with(node, until));
  }

  /** A node does not have the lock for the attempt. */
  void gone(int node, int quorum, LossReason why) {
    var before = holdings.getAndUpdate(known -> known.without(node));
    var last = holder;
    if (last != null && before.has(node) && before.count() == quorum) {
      last.lose(why);
    }
  }
}
