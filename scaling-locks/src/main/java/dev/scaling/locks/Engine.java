package dev.scaling.locks;

import dev.scaling.core.ScalingException;
import dev.scaling.core.Time;
import dev.scaling.core.internal.Checks;
import dev.scaling.core.internal.Handover;
import dev.scaling.locks.Lease.LossReason;
import dev.scaling.locks.Lease.ReleaseOutcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** What all locks of a service share. */
final class Engine implements AutoCloseable {

  private static final int MOST_TO_TELL = 1_000;
  private static final int LONGEST_NAME = 10_240;

  final String name;
  final String instance;
  final Time time;
  final Duration lease;
  final long leaseNanos;
  final Duration nodeTimeout;
  final List<Node> nodes;
  final int quorum;
  final int localHandOvers;
  final long handOverNanos;
  final Keys keys;
  final Handover handover;
  final Renewals renewals;
  final Membership membership;
  final LockCounters counters = new LockCounters();
  final LockLog log;
  final ConcurrentHashMap<String, Line> lines = new ConcurrentHashMap<>();
  final ConcurrentHashMap<String, Bid> bids = new ConcurrentHashMap<>();
  private final RandomGenerator random;
  private final Inbox inbox;
  private final AtomicLong attempts = new AtomicLong();
  private final Map<String, String> releasing = new ConcurrentHashMap<>();
  private final Set<Lease> held = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  @SuppressWarnings("this-escape") // the last statements: all else is in place by then
  Engine(LockServiceBuilder builder) {
    name = builder.name;
    instance = builder.instance + "~" + builder.unique.get();
    time = builder.time;
    lease = builder.lease;
    leaseNanos = lease.toNanos();
    nodeTimeout = builder.nodeTimeout;
    localHandOvers = builder.localHandOvers;
    handOverNanos = builder.handOverTime.toNanos();
    random = builder.random;
    keys = Keys.of(builder.prefix, name);
    log = new LockLog(builder);
    handover = new Handover(name, builder.executor);
    List<Node> all = new ArrayList<>();
    builder.nodes.forEach(
        (node, redis) -> all.add(new Node(all.size(), node, redis, builder, keys)));
    nodes = List.copyOf(all);
    quorum = nodes.size() / 2 + 1;
    renewals = new Renewals(this, builder.maxHold);
    membership = new Membership(this, builder.quarantined);
    inbox = new Inbox(this);
    membership.start();
  }

  /** Returns a lock's name, which may hold anything but half a character. */
  static String checkLock(String lock) {
    Checks.notNull(lock, "lock");
    Checks.argument(
        !lock.isEmpty() && lock.length() <= LONGEST_NAME,
        "lock must be 1 to 10,240 characters long: %s",
        lock.length());
    Checks.argument(!Checks.hasLoneSurrogate(lock), "lock holds half a character: %s", "?");
    return lock;
  }

  String nextAttempt() {
    return instance + ":" + Long.toString(attempts.incrementAndGet(), 36);
  }

  /** Returns the instance that made an attempt, as its user named it. */
  String instanceOf(String attempt) {
    int end = attempt.indexOf('~');
    return end < 0 ? attempt : attempt.substring(0, end);
  }

  /** Returns a random time around another, half of it to one and a half. */
  long jittered(long nanos) {
    return nanos / 2 + (long) (random.nextDouble() * nanos);
  }

  int random(int bound) {
    return random.nextInt(bound);
  }

  /** Has a call wait for a lock. */
  void join(String lock, Waiter waiter) {
    while (!lines.computeIfAbsent(lock, same -> new Line(this, same)).join(waiter)) {
      Thread.onSpinWait(); // it ended meanwhile, and takes itself out
    }
    if (closed) {
      lines.values().forEach(Line::close);
    } else if (waiter.isPatient() && !waiter.future.isDone()) {
      waiter.timer(
          time.schedule(() -> withLine(lock, line -> line.timeOut(waiter)), waiter.maxWait));
    }
  }

  void withLine(String lock, Consumer<Line> change) {
    var line = lines.get(lock);
    if (line != null) {
      change.accept(line);
    }
  }

  /** Holds a lease: renews it, and gives it back when the service is closed. */
  void hold(Lease held) {
    this.held.add(held);
    renewals.add(held);
    counters.acquired.increment();
  }

  /** Neither renews a lease nor watches it any more. */
  void letGo(Lease held) {
    this.held.remove(held);
    renewals.remove(held);
  }

  void lost(Lease lost, LossReason reason) {
    letGo(lost);
    counters.lost(reason);
    log.lost(reason);
    releaseAll(lost);
    over(lost);
  }

  /**
   * Gives a lock back: to the next caller here, if it may be handed on to that one, or else all.
   */
  CompletableFuture<ReleaseOutcome> giveBack(Lease lease) {
    var line = localHandOvers == 0 ? null : lines.get(lease.lock());
    boolean isHandedOn = line != null && line.handOn(lease);
    letGo(lease);
    if (isHandedOn) {
      return CompletableFuture.completedFuture(ReleaseOutcome.RELEASED);
    }
    var outcome = releaseAll(lease);
    over(lease);
    return outcome;
  }

  /** Lets those who counted on a lease to be handed on go to the nodes. */
  void over(Lease lease) {
    if (localHandOvers > 0) {
      withLine(lease.lock(), line -> line.over(lease));
    }
  }

  private CompletableFuture<ReleaseOutcome> releaseAll(Lease lease) {
    String lock = lease.lock();
    releasing.put(lock, lease.attempt);
    var outcome = new CompletableFuture<ReleaseOutcome>();
    var yes = new AtomicInteger();
    var answers = new AtomicInteger();
    var pending = new AtomicInteger(nodes.size());
    for (Node node : nodes) {
      var call = release(
          node, lock, lease.attempt, lease.grant.waited, lease.grant.onTheWay.test(node.index));
      call.whenComplete((had, failure) -> {
        answers.addAndGet(failure == null ? 1 : 0);
        yes.addAndGet(failure == null && had ? 1 : 0);
        if (pending.decrementAndGet() == 0) {
          releasing.remove(lock, lease.attempt);
        }
        if (yes.get() >= quorum) {
          outcome.complete(ReleaseOutcome.RELEASED);
        } else if (pending.get() == 0) {
          boolean isKnown = nodes.size() - answers.get() + yes.get() < quorum;
          outcome.complete(isKnown ? ReleaseOutcome.LOST : ReleaseOutcome.UNKNOWN);
        }
      });
    }
    return outcome;
  }

  /**
   * Gives back what an attempt may have at a node. A node that does not answer is told again until
   * the lease is over there anyway, unless too many wait to be told.
   */
  CompletableFuture<Boolean> release(
      Node node, String lock, String attempt, boolean waited, boolean mayBeOnTheWay) {
    var life = mayBeOnTheWay ? lease : Duration.ZERO;
    var first = node.release(lock, attempt, waited, life);
    first.whenComplete((had, failure) -> {
      if (failure != null && !closed && node.toTell.get() < MOST_TO_TELL) {
        node.toTell.incrementAndGet();
        long until = time.nanoTime() + leaseNanos;
        tellAgain(node, () -> node.release(lock, attempt, waited, lease), until);
      }
    });
    return first;
  }

  private void tellAgain(Node node, Supplier<CompletableFuture<Boolean>> release, long untilNanos) {
    time.schedule(
        () -> {
          if (closed || time.nanoTime() - untilNanos >= 0) {
            node.toTell.decrementAndGet();
            return;
          }
          release.get().whenComplete((had, failure) -> {
            if (failure == null) {
              node.toTell.decrementAndGet();
            } else {
              tellAgain(node, release, untilNanos);
            }
          });
        },
        Duration.ofNanos(jittered(nodeTimeout.toNanos())));
  }

  /** Returns the attempt of this instance that is giving a lock back just now, or nothing. */
  String releasing(String lock) {
    return releasing.getOrDefault(lock, "");
  }

  void failed(Node node, @Nullable Throwable failure) {
    counters.nodeFailures.increment();
    log.failed(
        node,
        failure instanceof CompletionException wrapper && wrapper.getCause() != null
            ? wrapper.getCause()
            : failure);
  }

  CancellationException closedMeanwhile() {
    return new CancellationException(name + ": the lock service was closed");
  }

  void checkOpen() {
    if (closed) {
      throw new IllegalStateException(name + ": the lock service is closed");
    }
  }

  boolean isHeld(String attempt) {
    return held.stream().anyMatch(lease -> lease.attempt.equals(attempt));
  }

  boolean isClosed() {
    return closed;
  }

  int leases() {
    return held.size();
  }

  int waiting() {
    return lines.values().stream().mapToInt(Line::size).sum();
  }

  /** Waits for a future of ours. */
  <T> T join(CompletableFuture<T> future) {
    try {
      return future.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancellationException(name + ": interrupted while waiting for Redis");
    } catch (ExecutionException e) {
      if (e.getCause() instanceof ScalingException failed) {
        throw failed;
      }
      throw new IllegalStateException(name + ": waiting failed", e.getCause());
    }
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    lines.values().forEach(Line::close);
    held.forEach(each -> each.lose(LossReason.CLOSED));
    renewals.close();
    membership.close();
    inbox.close();
    handover.close();
  }
}
