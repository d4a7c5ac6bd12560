package dev.scaling.locks;

import dev.scaling.core.internal.Checks;
import dev.scaling.locks.Acquisition.Unavailable;
import dev.scaling.locks.Lease.LossReason;
import dev.scaling.locks.LockEvents.Caller;
import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Locks that the instances of a service share, on one Redis master or on a quorum of independent
 * ones.
 *
 * <p>What it promises:
 *
 * <ul>
 *   <li><b>Fencing tokens grow.</b> A lease's {@link Lease#fencingToken} is greater than that of
 *       every lease of the same lock that ended before it was asked for, and no two have the same,
 *       whatever clocks and networks do; but that readers may share one, if no writer came between.
 *       {@link LockServiceBuilder#localHandOvers} says what it takes from that.
 *   <li><b>One valid lease at a time</b>, or those of readers. While {@link Lease#isValid} says so,
 *       no other lease of the lock is valid anywhere, as long as no node's clock is set forward
 *       meanwhile, and all run within 1 % of this machine's.
 *   <li><b>Lost memory is noticed.</b> A node that restarts empty, is flushed or replaced by its
 *       replica grants nothing until all leases that it may have forgotten have ended.
 *   <li><b>No endless wait.</b> If no quorum of nodes answers, callers are told within
 *       {@code nodeTimeout}, twice if tokens had to be confirmed.
 * </ul>
 *
 * <p>One service for the life of the process. Instances are safe for use by many threads. Blocking
 * methods may be called on virtual threads; asynchronous ones hold no thread while they wait.
 */
public final class LockService implements AutoCloseable {

  private final Engine engine;

  LockService(LockServiceBuilder builder) {
    engine = new Engine(builder);
    LockMeters.register(engine.telemetry, this::snapshot);
  }

  /**
   * Returns a builder that holds the defaults.
   *
   * @param name names the service in keys, telemetry and messages: 1 to 64 letters, digits, dots,
   *     dashes and underscores; the same in all instances
   */
  public static LockServiceBuilder builder(String name) {
    return new LockServiceBuilder(name);
  }

  /**
   * Returns a lock. It is nothing but a name: cheap, and not kept anywhere.
   *
   * @param lock 1 to 10,240 characters of any kind
   */
  public DistributedLock lock(String lock) {
    return new DistributedLock(engine, Engine.checkLock(lock), /* reads= */ false);
  }

  /**
   * Returns a lock that many readers or one writer have. The writer's is the same as {@link #lock
   * lock(lock)}.
   *
   * @param lock 1 to 10,240 characters of any kind
   */
  public DistributedLock.ReadWrite readWrite(String lock) {
    return new DistributedLock.ReadWrite(
        new DistributedLock(engine, Engine.checkLock(lock), /* reads= */ true), lock(lock));
  }

  /**
   * Takes several locks, or none of them. Blocks as {@link DistributedLock#acquire} does. Callers
   * that want some of the same locks never wait for each other for ever, in whatever order they
   * name them, unless they hold others already.
   *
   * @param locks 1 to 100 names; one that is there twice counts once
   * @param maxWait how long to wait at most for all of them, from zero to 1 day
   * @throws LockContendedException if somebody still had one of them then
   * @throws LocksUnavailableException if too few nodes could be asked
   */
  public Leases acquireAll(Collection<String> locks, Duration maxWait) {
    int count = Checks.notNull(locks, "locks").size();
    Checks.argument(count >= 1 && count <= 100, "locks must be 1 to 100 names: %s", count);
    locks.forEach(Engine::checkLock);
    DistributedLock.checkWait(maxWait);
    return new SeveralLocks(this, engine.time, locks).acquire(maxWait);
  }

  /**
   * Stands for the lead of something, until it is closed.
   *
   * @param name the name of the lock that the leader has
   * @param onElected is called with the lease when this candidate begins to lead
   * @param onRevoked is called when it has lost the lead without giving it; it stands again
   */
  public Election stand(String name, Consumer<Lease> onElected, Consumer<LossReason> onRevoked) {
    engine.checkOpen();
    var election = new Election(
        engine,
        Engine.checkLock(name),
        Checks.notNull(onElected, "onElected"),
        Checks.notNull(onRevoked, "onRevoked"));
    election.start();
    return election;
  }

  /**
   * Returns a semaphore: as many locks as it has permits, so that each permit is a {@link Lease}
   * with all that it promises.
   *
   * @param name 1 to 10,000 characters; what belongs to it are the locks {@code name#0} and so on
   * @param permits from 1 to 64, the same in all instances
   */
  public LockSemaphore semaphore(String name, int permits) {
    Checks.range("permits", permits, 1, 64);
    return new LockSemaphore(engine, Engine.checkLock(name), permits);
  }

  /**
   * Goes on with a lease that was {@linkplain Lease#detach detached}, here or in another process,
   * if a quorum of nodes still has the lock for it. One round trip to each node, at once. Attach a
   * handle once: two leases of one handle are both valid until the first of them is closed, and the
   * other one hears of that by its next renewal.
   *
   * @return a future that fails with {@link LeaseLostException} if it has ended, and with
   *     {@link LocksUnavailableException} if too few nodes answered
   */
  public CompletableFuture<Lease> attachAsync(Lease.Handle handle) {
    Checks.notNull(handle, "handle");
    engine.checkOpen();
    var result = new CompletableFuture<Lease>();
    engine.handover.follow(attached(handle, engine.events.caller()), result, Lease::close);
    return result;
  }

  /** Goes on with a detached lease as {@link #attachAsync} does, and blocks for it. */
  public Lease attach(Lease.Handle handle) {
    return engine.join(attachAsync(handle), Lease::close);
  }

  /**
   * Waits until a quorum of nodes grants locks for the first time, in the background: for the start
   * of a service. A node that has never been used, or lost its memory, grants after the longest
   * lease. Once it has completed it completes at once, however the nodes stand by then;
   * {@link LockSnapshot#outside} says which ones grant nothing.
   *
   * @return a future that fails with a {@link TimeoutException} if they do not in time
   */
  public CompletableFuture<@Nullable Void> ready(Duration timeout) {
    Checks.duration("timeout", timeout, Duration.ofMillis(1), Duration.ofHours(1));
    engine.checkOpen();
    var result = new CompletableFuture<@Nullable Void>();
    engine.handover.follow(engine.membership.ready(), result, same -> {});
    var timer = engine.time.schedule(
        () -> result.completeExceptionally(new TimeoutException(
            engine.name + ": no quorum of nodes grants locks: " + engine.membership.outside())),
        timeout);
    result.whenComplete((same, failure) -> timer.cancel());
    return result;
  }

  /** Returns the numbers of this instance. No round trip. */
  public LockSnapshot snapshot() {
    return engine.counters.snapshot(engine.leases(), engine.waiting(), engine.membership.outside());
  }

  /**
   * Ends the service: calls that wait are cancelled; leases are lost with
   * {@link LossReason#CLOSED}, and their locks given back in the background. Does nothing the
   * second time.
   */
  @Override
  public void close() {
    engine.close();
    engine.telemetry.close();
  }

  @Override
  public String toString() {
    return "LockService["
        + engine.name
        + (engine.isClosed() ? ", closed" : "")
        + ", nodes="
        + engine.nodes
        + ", leases="
        + engine.leases()
        + ", waiting="
        + engine.waiting()
        + "]";
  }

  private CompletableFuture<Lease> attached(Lease.Handle handle, @Nullable Caller caller) {
    int nodes = engine.nodes.size();
    var grant = new Grant(
        handle.attempt(),
        handle.reads(),
        handle.fencingToken(),
        Holdings.none(nodes),
        /* waited= */ true,
        node -> false);
    var lease = new Lease(engine, handle.lock(), grant, handle.fencingToken());
    return engine.renewals.extendWhereHeld(lease, engine.leaseNanos).thenCompose(outcome -> {
      if (outcome == Renewals.Outcome.UNKNOWN) {
        return CompletableFuture.failedFuture(new LocksUnavailableException(
            engine.name,
            new Unavailable(engine.membership.outside()),
            engine.membership.watched()));
      }
      if (outcome == Renewals.Outcome.GONE || !lease.isValid()) {
        return CompletableFuture.failedFuture(new LeaseLostException(
            engine.name, lease.fencingToken(), LossReason.TAKEN, Duration.ZERO));
      }
      lease.caller = caller;
      engine.hold(lease);
      if (engine.isClosed()) {
        engine.loseAll();
      }
      return CompletableFuture.completedFuture(lease);
    });
  }
}
