package dev.scaling.locks;

import dev.scaling.core.ScalingException;
import dev.scaling.core.Time;
import dev.scaling.core.internal.Checks;
import dev.scaling.core.internal.Handover;
import dev.scaling.core.telemetry.Telemetry;
import dev.scaling.locks.Lease.LossReason;
import dev.scaling.locks.Lease.ReleaseOutcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What all locks of a service share. */
final class Engine implements AutoCloseable {

  private static final int MOST_DETACHED = 10_000;
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
  final Releases releases = new Releases(this);
  final Membership membership;
  final LockCounters counters = new LockCounters();
  final Telemetry telemetry;
  final LockEvents events;
  final LockLog log;
  private final ConcurrentHashMap<String, Line> lines = new ConcurrentHashMap<>(); // of writers
  private final Set<Line> readers = ConcurrentHashMap.newKeySet();
  final ConcurrentHashMap<String, Bid> bids = new ConcurrentHashMap<>();
  private final RandomGenerator random;
  private final Inbox inbox;
  private final AtomicLong attempts = new AtomicLong();
  private final Set<Lease> held = ConcurrentHashMap.newKeySet();
  private final Set<String> detached = ConcurrentHashMap.newKeySet(); // attempts, the last of them
  private final Queue<String> detachedInOrder = new ConcurrentLinkedQueue<>();
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
    telemetry = new Telemetry(builder.openTelemetry, "scaling-locks", name);
    events = new LockEvents(telemetry, time, log);
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

  /** Has a call wait for a lock; returns where it does. */
  Line join(String lock, boolean reads, Waiter waiter) {
    var line = line(lock, reads);
    while (!line.join(waiter)) {
      Thread.onSpinWait(); // it ended meanwhile, and takes itself out
      line = line(lock, reads);
    }
    if (closed) {
      closeLines();
      loseAll(); // it may have come at once
    } else if (waiter.isPatient() && !waiter.future.isDone()) {
      var joined = line;
      waiter.timer(time.schedule(() -> joined.timeOut(waiter), waiter.maxWait));
    }
    return line;
  }

  private Line line(String lock, boolean reads) {
    var line = new Line(this, lock, reads);
    if (reads) {
      readers.add(line);
      return line;
    }
    var known = lines.putIfAbsent(lock, line);
    return known == null ? line : known;
  }

  /** Forgets a line where nobody waits any more. */
  void ended(Line line) {
    if (line.reads) {
      readers.remove(line);
    } else {
      lines.remove(line.name, line);
    }
  }

  /** Ends the leases of a service that is closed; one that comes meanwhile is nobody's to renew. */
  void loseAll() {
    held.forEach(each -> each.lose(LossReason.CLOSED));
  }

  private void closeLines() {
    lines.values().forEach(Line::close);
    readers.forEach(Line::close);
  }

  /** Holds a lease: renews it, and gives it back when the service is closed. */
  void hold(Lease held) {
    this.held.add(held);
    renewals.add(held);
    counters.acquired.increment();
    if (!held.isHeld()) { // lost just now, and let go before it was here
      this.held.remove(held);
      renewals.remove(held);
    }
  }

  /** Lets a lease go that somebody may go on with: late word of its grant is no surprise. */
  void detach(Lease lease) {
    if (detached.add(lease.attempt)) { // it may have been attached since
      detachedInOrder.add(lease.attempt);
    }
    if (detached.size() > MOST_DETACHED) {
      detached.remove(detachedInOrder.remove());
    }
    letGo(lease);
    over(lease);
  }

  /** Neither renews a lease nor watches it any more. */
  void letGo(Lease held) {
    this.held.remove(held);
    renewals.remove(held);
    var caller = held.caller;
    if (caller != null) {
      caller.letGo(held);
    }
  }

  void lost(Lease lost, LossReason reason) {
    letGo(lost);
    counters.lost(reason);
    releases.release(lost);
    over(lost);
    log.lost(reason);
    var caller = lost.caller;
    if (caller != null) {
      caller.lost(lost, reason);
    }
  }

  /**
   * Gives a lock back: to the next caller here, if it may be handed on to that one, or else all.
   */
  CompletableFuture<ReleaseOutcome> giveBack(Lease lease) {
    var line = lineOf(lease);
    boolean isHandedOn = line != null && line.handOn(lease);
    letGo(lease);
    if (isHandedOn) {
      return CompletableFuture.completedFuture(ReleaseOutcome.RELEASED);
    }
    var outcome = releases.release(lease);
    over(lease);
    return outcome;
  }

  /** Lets those who counted on a lease to be handed on go to the nodes. */
  private void over(Lease lease) {
    var line = lineOf(lease);
    if (line != null) {
      line.over(lease);
    }
  }

  /** Returns where those wait whom a lease may be handed on to. */
  private @Nullable Line lineOf(Lease lease) {
    return localHandOvers == 0 || lease.grant.reads ? null : lines.get(lease.lock());
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

  /** Returns whether an attempt has a lease, here or out of hand. */
  boolean isHeld(String attempt) {
    return detached.contains(attempt)
        || held.stream().anyMatch(lease -> lease.attempt.equals(attempt));
  }

  boolean isClosed() {
    return closed;
  }

  int leases() {
    return held.size();
  }

  int waiting() {
    return Stream.concat(lines.values().stream(), readers.stream())
        .mapToInt(Line::size)
        .sum();
  }

  /**
   * Waits for a future of ours. Who is interrupted waits no more, and has no use for what comes.
   *
   * @param unwanted takes back what has come by then
   */
  <T> T join(CompletableFuture<T> future, Consumer<T> unwanted) {
    try {
      return future.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      boolean isCancelled = future.cancel(/* mayInterruptIfRunning= */ false);
      if (!isCancelled && !future.isCompletedExceptionally()) {
        unwanted.accept(future.join());
      }
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
    closeLines();
    loseAll();
    renewals.close();
    membership.close();
    inbox.close();
    handover.close();
  }
}
