package dev.scaling.locks;

import dev.scaling.locks.Acquisition.Acquired;
import dev.scaling.locks.Acquisition.Contended;
import dev.scaling.locks.Acquisition.Unavailable;
import dev.scaling.locks.LockEvents.Caller;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Some permits that callers of all instances share, each of them a lock of its own: at no moment
 * are there more valid leases than permits, on a quorum of nodes as on one. Fencing tokens grow for
 * each permit by itself; {@link Lease#lock} says which one it is.
 *
 * <p>For some permits of long work. Many short ones are cheaper with the semaphore of
 * scaling-concurrency, which keeps them in blocks and on one Redis.
 *
 * <p>Instances are immutable, and safe for use by many threads.
 */
public final class LockSemaphore {

  /*
   * A count in one key is not sound over a quorum: three callers may each have one of two permits on
   * another majority. Locks are, each by itself [1]. Who finds none free waits for several at once, takes
   * the first that comes, and leaves the lines of the others.
   *
   * [1] https://github.com/madelson/DistributedLock/blob/master/docs/DistributedLock.Redis.md
   */

  private static final int LINES = 8;

  private final Engine engine;
  private final List<DistributedLock> slots = new ArrayList<>();

  LockSemaphore(Engine engine, String name, int permits) {
    this.engine = engine;
    for (int i = 0; i < permits; i++) {
      slots.add(new DistributedLock(engine, Engine.checkLock(name + "#" + i), /* reads= */ false));
    }
  }

  /**
   * Takes a permit if there is one now.
   *
   * @return nothing if there is none
   * @throws LocksUnavailableException if too few nodes could be asked to know
   * @throws CancellationException as {@link DistributedLock#tryAcquire()} does
   */
  public Optional<Lease> tryAcquire() {
    return tryAcquire(Duration.ZERO);
  }

  /**
   * Takes a permit, and waits for one.
   *
   * @param maxWait how long to wait at most, from zero to 1 day
   * @return nothing if there was none by then
   * @throws LocksUnavailableException if too few nodes could be asked to know
   * @throws CancellationException as {@link DistributedLock#tryAcquire()} does
   */
  public Optional<Lease> tryAcquire(Duration maxWait) {
    var outcome = outcome(maxWait);
    return outcome instanceof Acquired acquired ? Optional.of(acquired.lease()) : Optional.empty();
  }

  /**
   * Takes a permit as {@link #tryAcquire(Duration)} does.
   *
   * @throws LockContendedException if there was none by then
   * @throws LocksUnavailableException if too few nodes could be asked to know
   * @throws CancellationException as {@link DistributedLock#tryAcquire()} does
   */
  public Lease acquire(Duration maxWait) {
    var outcome = outcome(maxWait);
    if (outcome instanceof Contended by) {
      throw new LockContendedException(engine.name, maxWait, by);
    }
    return ((Acquired) outcome).lease();
  }

  /**
   * Takes a permit without blocking, as {@link DistributedLock#acquireAsync} does. Tries the
   * permits one after the other, from a random one on, and then waits for up to 8 of them.
   *
   * @param maxWait how long to wait at most, from zero to 1 day
   */
  public CompletableFuture<Acquisition> acquireAsync(Duration maxWait) {
    DistributedLock.checkWait(maxWait);
    engine.checkOpen();
    long end = engine.time.nanoTime() + maxWait.toNanos();
    int first = engine.random(slots.size());
    var call = new Call(first, end, maxWait.isZero(), engine.events.caller());
    next(call, /* tried= */ 0);
    return call.result;
  }

  @Override
  public String toString() {
    return "LockSemaphore[" + engine.name + ", permits=" + slots.size() + "]";
  }

  private Acquisition outcome(Duration maxWait) {
    var outcome = engine.join(acquireAsync(maxWait), LockSemaphore::giveBack);
    if (outcome instanceof Unavailable unavailable) {
      throw new LocksUnavailableException(engine.name, unavailable, engine.membership.watched());
    }
    return outcome;
  }

  private void next(Call call, int tried) {
    ask(call, tried, Duration.ZERO).whenComplete((outcome, failure) -> {
      if (failure != null) {
        call.result.completeExceptionally(failure);
      } else if (!(outcome instanceof Contended) || call.result.isDone()) {
        call.end(outcome);
      } else if (tried + 1 < slots.size()) {
        next(call, tried + 1);
      } else if (call.isImpatient) {
        call.end(outcome);
      } else {
        stand(call, outcome);
      }
    });
  }

  /** Waits in some lines at once. */
  private void stand(Call call, Acquisition contention) {
    var left = Duration.ofNanos(Math.max(0, call.endNanos - engine.time.nanoTime()));
    List<CompletableFuture<Acquisition>> lines = new ArrayList<>();
    for (int i = 0; i < Math.min(LINES, slots.size()); i++) {
      lines.add(ask(call, i, left));
    }
    call.result.whenComplete((outcome, failure) ->
        lines.forEach(line -> line.cancel(/* mayInterruptIfRunning= */ false)));
    // Too short a time for an answer is no outage: that all are taken is known already.
    boolean isShort = left.compareTo(engine.nodeTimeout) < 0;
    var pending = new AtomicInteger(lines.size());
    for (CompletableFuture<Acquisition> line : lines) {
      line.whenComplete((outcome, failure) -> {
        boolean isLast = pending.decrementAndGet() == 0;
        if (outcome instanceof Acquired) {
          call.end(outcome);
        } else if (isLast && failure != null) {
          call.result.completeExceptionally(failure);
        } else if (isLast) {
          call.end(isShort ? contention : outcome);
        }
      });
    }
  }

  /** Asks for a permit. That the service was closed meanwhile is a failure like any other. */
  private CompletableFuture<Acquisition> ask(Call call, int number, Duration maxWait) {
    var slot = slots.get((call.first + number) % slots.size());
    try {
      return slot.acquireAsync(maxWait, /* caller= */ null);
    } catch (IllegalStateException e) {
      return CompletableFuture.failedFuture(engine.closedMeanwhile());
    }
  }

  private static void giveBack(Acquisition unwanted) {
    if (unwanted instanceof Acquired acquired) {
      acquired.lease().close();
    }
  }

  /** A call for a permit: the one that telemetry knows of, whatever locks it tries. */
  private static final class Call {

    private final CompletableFuture<Acquisition> result = new CompletableFuture<>();
    private final int first;
    private final long endNanos;
    private final boolean isImpatient;
    private final @Nullable Caller caller;

    Call(int first, long endNanos, boolean isImpatient, @Nullable Caller caller) {
      this.first = first;
      this.endNanos = endNanos;
      this.isImpatient = isImpatient;
      this.caller = caller;
    }

    /** Ends it; a permit that nobody waits for any longer goes back. */
    void end(Acquisition outcome) {
      if (caller != null && !result.isDone()) {
        caller.ended(outcome);
      }
      if (!result.complete(outcome)) {
        giveBack(outcome);
      }
    }
  }
}
