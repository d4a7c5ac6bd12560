package dev.scaling.locks;

import dev.scaling.core.internal.Checks;
import dev.scaling.locks.Acquisition.Acquired;
import dev.scaling.locks.Acquisition.Contended;
import dev.scaling.locks.Acquisition.Unavailable;
import dev.scaling.locks.LockEvents.Caller;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * A lock that at most one caller of all instances has at a time, or any number of readers, see
 * {@link ReadWrite}. It belongs to the {@link Lease}, not to a thread.
 *
 * <p>Callers of one instance who wait get it in their order; on each node instances do. One call to
 * each node takes a free lock, all at once, and returns as soon as a quorum has granted it; one to
 * each gives it back, which nobody waits for. Who waits is told when it is handed on, and holds no
 * thread if it does so asynchronously.
 *
 * <p>Instances are immutable, and safe for use by many threads.
 */
public final class DistributedLock {

  private static final Duration LONGEST_WAIT = Duration.ofDays(1);

  private final Engine engine;
  private final String name;
  private final boolean reads;

  DistributedLock(Engine engine, String name, boolean reads) {
    this.engine = engine;
    this.name = name;
    this.reads = reads;
  }

  /** Returns the lock's name. */
  public String name() {
    return name;
  }

  /**
   * Takes the lock if it is free now.
   *
   * @return nothing if somebody has it
   * @throws LocksUnavailableException if too few nodes could be asked to know
   * @throws CancellationException if the thread was interrupted, its flag is set again; or if the
   *     service is closed meanwhile
   */
  public Optional<Lease> tryAcquire() {
    return tryAcquire(Duration.ZERO);
  }

  /**
   * Takes the lock, and waits for it behind those who came before.
   *
   * @param maxWait how long to wait at most, from zero to 1 day
   * @return nothing if somebody still had it then
   * @throws LocksUnavailableException if too few nodes could be asked to know
   * @throws CancellationException as {@link #tryAcquire()} does
   */
  public Optional<Lease> tryAcquire(Duration maxWait) {
    var outcome = outcome(maxWait);
    return outcome instanceof Contended
        ? Optional.empty()
        : Optional.of(acquired(outcome, maxWait));
  }

  /**
   * Takes the lock as {@link #tryAcquire(Duration)} does.
   *
   * @throws LockContendedException if somebody still had it then
   * @throws LocksUnavailableException if too few nodes could be asked to know
   * @throws CancellationException as {@link #tryAcquire()} does
   */
  public Lease acquire(Duration maxWait) {
    return acquired(outcome(maxWait), maxWait);
  }

  /**
   * Takes the lock without blocking, and says what became of it. The future completes on the
   * service's executor. To cancel it, or to let it time out, leaves the line, and what was acquired
   * meanwhile goes back.
   *
   * @param maxWait how long to wait at most, from zero to 1 day
   */
  public CompletableFuture<Acquisition> acquireAsync(Duration maxWait) {
    return acquireAsync(maxWait, engine.events.caller());
  }

  /** Takes the lock as {@link #acquireAsync} does, for a caller who is told or {@code null}. */
  CompletableFuture<Acquisition> acquireAsync(Duration maxWait, @Nullable Caller caller) {
    return acquireAsync(maxWait, /* isEndless= */ false, caller);
  }

  /** Takes the lock as {@link #acquireAsync} does; its lease is renewed without an end. */
  CompletableFuture<Acquisition> acquireEndless(Duration maxWait) {
    return acquireAsync(maxWait, /* isEndless= */ true, /* caller= */ null);
  }

  private CompletableFuture<Acquisition> acquireAsync(
      Duration maxWait, boolean isEndless, @Nullable Caller caller) {
    var waiter = waiter(maxWait, isEndless, caller);
    var line = engine.join(name, reads, waiter);
    var result = new CompletableFuture<Acquisition>();
    engine.handover.follow(waiter.future, result, outcome -> {
      if (outcome instanceof Acquired acquired) {
        acquired.lease().close();
      }
    });
    result.whenComplete((outcome, failure) -> {
      if (failure != null || !waiter.future.isDone()) { // or the caller has completed it itself
        abandon(waiter, line);
      }
    });
    return result;
  }

  /**
   * Does some work under the lock, on this thread, and gives it back. If the lease is lost
   * meanwhile, the thread is interrupted; when the work ends then, however it does, the loss is
   * what the caller hears of, with what the work threw as a suppressed exception.
   *
   * @param maxWait how long to wait for the lock at most, from zero to 1 day
   * @throws LeaseLostException if the lease ended before the work did
   * @throws LockContendedException if somebody still had the lock then; the work was not begun
   * @throws LocksUnavailableException if too few nodes could be asked; the work was not begun
   * @throws Exception what the work throws
   */
  public <V extends @Nullable Object> V run(Duration maxWait, Work<V> work) throws Exception {
    Checks.notNull(work, "work");
    return new Run<V>(engine, acquire(maxWait)).run(work);
  }

  @Override
  public String toString() {
    return "DistributedLock[" + engine.name + "]";
  }

  private Lease acquired(Acquisition outcome, Duration maxWait) {
    if (outcome instanceof Acquired acquired) {
      return acquired.lease();
    }
    if (outcome instanceof Contended by) {
      throw new LockContendedException(engine.name, maxWait, by);
    }
    throw new LocksUnavailableException(
        engine.name, (Unavailable) outcome, engine.membership.watched());
  }

  private Acquisition outcome(Duration maxWait) {
    var waiter = waiter(maxWait, /* isEndless= */ false, engine.events.caller());
    var line = engine.join(name, reads, waiter);
    try {
      return waiter.future.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      abandon(waiter, line);
      throw new CancellationException(engine.name + ": interrupted while waiting for a lock");
    } catch (CancellationException | ExecutionException e) { // newer JDKs wrap it differently
      throw engine.closedMeanwhile();
    }
  }

  static void checkWait(Duration maxWait) {
    Checks.duration("maxWait", maxWait, Duration.ZERO, LONGEST_WAIT);
  }

  private Waiter waiter(Duration maxWait, boolean isEndless, @Nullable Caller caller) {
    checkWait(maxWait);
    engine.checkOpen();
    return new Waiter(maxWait, isEndless, caller);
  }

  private static void abandon(Waiter waiter, Line line) {
    line.abandon(waiter);
    waiter.giveUp();
  }

  /**
   * A lock that any number of readers have, or one writer.
   *
   * <p>Who waits gets it in the order of the calls. A reader waits behind a writer that waits, so
   * readers do not starve writers; when the lock comes to a reader, it comes to all readers up to
   * the next writer. {@code tryAcquire()} of a reader finds nothing while a writer has the lock or
   * waits for it.
   *
   * <p>A lease stays what it is: there is no step from reader to writer or back. A reader that
   * wants to write closes its lease, acquires that of the writer, and looks again at what it read.
   * If it keeps its lease meanwhile it waits for itself, until {@code maxWait} is over; and so does
   * a reader that reads a second time, once a writer waits.
   *
   * <p>Instances are immutable, and safe for use by many threads.
   */
  public static final class ReadWrite {

    private final DistributedLock read;
    private final DistributedLock write;

    ReadWrite(DistributedLock read, DistributedLock write) {
      this.read = read;
      this.write = write;
    }

    /** Returns what readers acquire: with each other, and never with a writer. */
    public DistributedLock read() {
      return read;
    }

    /** Returns what a writer acquires, alone: the lock of this name. */
    public DistributedLock write() {
      return write;
    }

    @Override
    public String toString() {
      return "ReadWrite[" + read.engine.name + "]";
    }
  }

  /** Some work under a lock. */
  @FunctionalInterface
  public interface Work<V extends @Nullable Object> {

    /** Does the work; the lease has what it needs to know of the lock. */
    V run(Lease lease) throws Exception;
  }
}
