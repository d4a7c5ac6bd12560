package dev.scaling.locks;

import dev.scaling.locks.Lease.ReleaseOutcome;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Gives locks back: tells all nodes, and those that do not answer again. */
final class Releases {

  private static final int MOST_TO_TELL = 1_000;
  private static final int MOST_UNDER_WAY = 4_096; // characters

  private final Engine engine;
  private final Map<String, String> underWay = new ConcurrentHashMap<>(); // attempts by their lock

  Releases(Engine engine) {
    this.engine = engine;
  }

  /** Gives a lease's lock back at all nodes. */
  CompletableFuture<ReleaseOutcome> release(Lease lease) {
    underWay.merge(lease.lock(), " " + lease.attempt, Releases::and);
    var tally = new Tally(lease);
    for (Node node : engine.nodes) {
      boolean mayBeOnTheWay = lease.grant.onTheWay.test(node.index);
      release(node, lease.lock(), lease.attempt, lease.grant.waited, mayBeOnTheWay, tally);
    }
    return tally.outcome;
  }

  /**
   * Gives back what an attempt may have at a node. A node that does not answer is told again until
   * the lease is over there anyway, unless too many wait to be told.
   */
  void release(Node node, String lock, String attempt, boolean waited, boolean mayBeOnTheWay) {
    release(node, lock, attempt, waited, mayBeOnTheWay, null);
  }

  /** Returns the attempts that give a lock back at this moment, a space before each. */
  String underWay(String lock) {
    return underWay.getOrDefault(lock, "");
  }

  private void release(
      Node node,
      String lock,
      String attempt,
      boolean waited,
      boolean mayBeOnTheWay,
      @Nullable Tally tally) {
    var life = mayBeOnTheWay ? engine.lease : Duration.ZERO;
    node.release(lock, attempt, waited, life).whenComplete((had, failure) -> {
      if (tally != null) {
        tally.count(failure == null ? had : null);
      }
      if (failure != null && !engine.isClosed() && node.toTell.get() < MOST_TO_TELL) {
        node.toTell.incrementAndGet();
        long until = engine.time.nanoTime() + engine.leaseNanos;
        tellAgain(node, new Untold(lock, attempt, waited, until));
      }
    });
  }

  private void tellAgain(Node node, Untold untold) {
    try {
      schedule(node, untold);
    } catch (Throwable e) { // no timer: what the node has ends with the lease
      node.toTell.decrementAndGet();
      throw e;
    }
  }

  private void schedule(Node node, Untold untold) {
    engine.time.schedule(
        () -> {
          if (engine.isClosed() || engine.time.nanoTime() - untold.untilNanos >= 0) {
            node.toTell.decrementAndGet();
            return;
          }
          node.release(untold.lock, untold.attempt, untold.waited, engine.lease)
              .whenComplete((had, failure) -> {
                if (failure == null) {
                  node.toTell.decrementAndGet();
                } else {
                  tellAgain(node, untold);
                }
              });
        },
        Duration.ofNanos(engine.jittered(engine.nodeTimeout.toNanos())));
  }

  /**
   * Adds an attempt; if they are too many, the oldest go: their calls have arrived, or never will.
   */
  static String and(String attempts, String attempt) {
    String all = attempts + attempt;
    int tooMany = all.length() - MOST_UNDER_WAY;
    return tooMany <= 0 ? all : all.substring(all.indexOf(' ', tooMany));
  }

  /** Takes an attempt out, if it is there; returns {@code null} if none is left. */
  static @Nullable String without(String attempts, String attempt) {
    if (attempts.length() == attempt.length() + 1 && attempts.endsWith(attempt)) {
      return null; // it was the only one, as most times
    }
    String rest = (attempts + " ").replace(" " + attempt + " ", " ");
    return rest.substring(0, rest.length() - 1);
  }

  /** What a node must be told until a moment. */
  private record Untold(String lock, String attempt, boolean waited, long untilNanos) {}

  /** Counts what the nodes say of one lease that is given back. */
  private final class Tally {

    final CompletableFuture<ReleaseOutcome> outcome = new CompletableFuture<>();
    private final Lease lease;
    private final AtomicInteger yes = new AtomicInteger();
    private final AtomicInteger answers = new AtomicInteger();
    private final AtomicInteger pending = new AtomicInteger(engine.nodes.size());

    Tally(Lease lease) {
      this.lease = lease;
    }

    /** Counts whether a node still had the lock, or {@code null} if it did not say. */
    void count(@Nullable Boolean had) {
      answers.addAndGet(had == null ? 0 : 1);
      yes.addAndGet(had == null || !had ? 0 : 1);
      int left = pending.decrementAndGet();
      if (left == 0) {
        underWay.computeIfPresent(lease.lock(), (same, all) -> without(all, lease.attempt));
      }
      if (yes.get() >= engine.quorum) {
        outcome.complete(ReleaseOutcome.RELEASED);
      } else if (left == 0) {
        boolean isKnown = engine.nodes.size() - answers.get() + yes.get() < engine.quorum;
        outcome.complete(isKnown ? ReleaseOutcome.LOST : ReleaseOutcome.UNKNOWN);
      }
    }
  }
}
