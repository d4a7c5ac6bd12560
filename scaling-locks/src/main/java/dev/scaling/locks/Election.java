package dev.scaling.locks;

import dev.scaling.locks.Acquisition.Acquired;
import dev.scaling.locks.Lease.LossReason;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A candidate for the lead of something that one instance at a time should do. It stands until it
 * is closed; whoever leads has a lease of a lock, renewed without an end, and its fencing token is
 * the term.
 *
 * <p>There may be a moment without a leader, and never two with a valid lease. A leader that stands
 * still does not know that it lost the lead before it goes on: what it does should carry the
 * {@linkplain Lease#fencingToken fencing token}.
 *
 * <p>Instances are safe for use by many threads. Callbacks run on the service's executor, one at a
 * time.
 */
public final class Election implements AutoCloseable {

  private static final Duration LONG = Duration.ofDays(1);
  private static final Duration PAUSE = Duration.ofMillis(200);

  private final Engine engine;
  private final DistributedLock lock;
  private final Consumer<Lease> onElected;
  private final Consumer<LossReason> onRevoked;
  private final ReentrantLock guard = new ReentrantLock();

  // Guarded by guard.
  private CompletableFuture<?> last = CompletableFuture.completedFuture(null); // of the callbacks
  private @Nullable CompletableFuture<Acquisition> standing;
  private @Nullable Lease lead;
  private boolean closed;

  Election(Engine engine, String name, Consumer<Lease> onElected, Consumer<LossReason> onRevoked) {
    this.engine = engine;
    lock = new DistributedLock(engine, name, /* reads= */ false);
    this.onElected = onElected;
    this.onRevoked = onRevoked;
  }

  void start() {
    stand();
  }

  /** Returns the lease of the lead, if this candidate has it at this moment. */
  public Optional<Lease> lead() {
    @Nullable Lease now;
    guard.lock();
    try {
      now = lead;
    } finally {
      guard.unlock();
    }
    return now != null && now.isValid() ? Optional.of(now) : Optional.empty();
  }

  /**
   * Gives the lead to the next candidate, if this one has it, and stands again behind all others.
   * There is no call of {@code onRevoked} for that.
   */
  public void resign() {
    var given = taken();
    if (given != null) {
      given.close();
      stand();
    }
  }

  /**
   * Stands no more, and gives the lead to the next candidate if this one has it. Does nothing the
   * second time.
   */
  @Override
  public void close() {
    CompletableFuture<Acquisition> waiting;
    guard.lock();
    try {
      closed = true;
      waiting = standing;
    } finally {
      guard.unlock();
    }
    if (waiting != null) {
      waiting.cancel(/* mayInterruptIfRunning= */ false);
    }
    var given = taken();
    if (given != null) {
      given.close();
    }
  }

  @Override
  public String toString() {
    return "Election[" + engine.name + (lead().isPresent() ? ", leads]" : "]");
  }

  private @Nullable Lease taken() {
    guard.lock();
    try {
      var taken = lead;
      lead = null;
      return taken;
    } finally {
      guard.unlock();
    }
  }

  private void stand() {
    if (engine.isClosed()) {
      return;
    }
    var attempt = lock.acquireEndless(LONG);
    boolean isUnwanted;
    guard.lock();
    try {
      standing = attempt;
      isUnwanted = closed;
    } finally {
      guard.unlock();
    }
    if (isUnwanted) {
      attempt.cancel(/* mayInterruptIfRunning= */ false);
    }
    attempt.whenComplete((outcome, failure) -> {
      if (outcome instanceof Acquired acquired) {
        elected(acquired.lease());
      } else if (failure == null) { // nobody knows who leads, or nobody gave way
        engine.time.schedule(this::stand, Duration.ofNanos(engine.jittered(PAUSE.toNanos())));
      }
    });
  }

  private void elected(Lease lease) {
    boolean isUnwanted;
    guard.lock();
    try {
      isUnwanted = closed;
      lead = isUnwanted ? null : lease;
      standing = null;
    } finally {
      guard.unlock();
    }
    if (isUnwanted) {
      lease.close();
      return;
    }
    callInTurn(() -> onElected.accept(lease));
    lease.lost().thenAccept(reason -> {
      boolean isLead; // or else who resigned stands again, and who closed does not
      guard.lock();
      try {
        isLead = lead == lease;
        lead = isLead ? null : lead;
      } finally {
        guard.unlock();
      }
      callInTurn(() -> onRevoked.accept(reason));
      if (isLead) {
        stand();
      }
    });
  }

  private void callInTurn(Runnable callback) {
    var done = new CompletableFuture<@Nullable Void>();
    CompletableFuture<?> before;
    guard.lock();
    try {
      before = last;
      last = done;
    } finally {
      guard.unlock();
    }
    before.thenRun(() -> engine.handover.deliver(() -> {
      call(callback);
      done.complete(null);
    }));
  }

  private void call(Runnable callback) {
    try {
      callback.run();
    } catch (RuntimeException | Error e) { // the candidate stands, whatever its callbacks do
      engine.log.callbackFailed(e);
    }
  }
}
