package dev.scaling.locks;

import dev.scaling.core.Time;
import dev.scaling.locks.Acquisition.Contended;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A writer's lease that callers of one instance may hand on among themselves. All of it runs in the
 * section of their line.
 */
final class Cohort {

  /*
   * The attempt stays, and with it what the nodes hold; whoever gives the lock back loses his lease, and
   * the first who waits here gets one of his own, with the next fencing token of those that the grant is
   * good for. The nodes hear nothing of it. There are two bounds, so that other instances wait for one
   * hold and 5 ms at most: the number of tokens, and the time since the instance got the lock.
   *
   * While the cohort is open, those who wait here have no bid in the lines of the nodes; as soon as it is
   * not, they have. It is not open any more when it has reached a bound, or its lease has not half of its
   * time left, or ended.
   *
   * No node is asked whether somebody else came between, as Line does for who joined after its bid: that
   * would be the round trip that this saves. While the lease is valid nobody did, if clocks are as they
   * should be. That is less than what the token of a bid rests on, and the price of this.
   */

  private final Engine engine;
  private final Grant grant;
  private final long first; // token
  private final long untilNanos;
  private Lease holder;
  private Time.@Nullable Cancellable timer;

  /** Creates the cohort of a lease that an instance has just got. */
  Cohort(Engine engine, Lease holder) {
    this.engine = engine;
    this.holder = holder;
    grant = holder.grant;
    first = holder.fencingToken();
    untilNanos = engine.time.nanoTime() + engine.handOverNanos;
  }

  boolean isOpen() {
    return holder.fencingToken() < grant.counter
        && untilNanos - engine.time.nanoTime() > 0
        && holder.leftNanos() > engine.leaseNanos / 2;
  }

  boolean isOf(Lease lease) {
    return holder == lease;
  }

  /** Returns a lease for the next caller; the one before has ended. */
  Lease handOn(Waiter to) {
    holder = new Lease(engine, holder.lock(), grant, holder.fencingToken() + 1);
    holder.isEndless = to.isEndless;
    holder.isHandedOn = true;
    return holder;
  }

  /** Returns how often the lease was handed on. */
  int handOvers() {
    return (int) (holder.fencingToken() - first);
  }

  Contended contention() {
    return new Contended(
        engine.instanceOf(engine.instance), Duration.ofNanos(Math.max(0, holder.leftNanos())));
  }

  /** Has something run when its time is over, unless that is so already. */
  void whenOver(Runnable task) {
    if (timer == null) {
      long left = Math.max(0, untilNanos - engine.time.nanoTime());
      timer = engine.time.schedule(task, Duration.ofNanos(left));
    }
  }

  void cancelTimer() {
    if (timer != null) {
      timer.cancel();
    }
  }
}
