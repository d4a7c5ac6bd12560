package dev.scaling.locks;

import dev.scaling.core.Time;
import dev.scaling.core.internal.Checks;
import dev.scaling.locks.LockEvents.Caller;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The time for which a caller has a lock, renewed until it is closed.
 *
 * <p>Whoever has this object has the lock: any thread may use, extend or close it, and none is
 * remembered. There is no reentrancy: a second acquisition waits for the first, whoever makes it.
 *
 * <p>A lease may end at any moment, if this process stands still or Redis is away for too long.
 * {@link #isValid} says so by the clocks of this machine, at the moment it is asked; what counts is
 * that writes carry the {@link #fencingToken} and that what they go to refuses an older one.
 *
 * <p>Instances are safe for use by many threads.
 */
public final class Lease implements AutoCloseable {

  enum State {
    HELD,
    LOST,
    RELEASED,
    DETACHED
  }

  private static final Duration LEAST = Duration.ofMillis(50);

  final Grant grant;
  final String attempt;
  final Moment began;
  volatile boolean isEndless; // renewed for longer than maxHold
  volatile boolean isHandedOn; // by a node's message or a caller here, and not in an answer
  volatile @Nullable Caller caller; // for telemetry, if there is any
  private final Engine engine;
  private final String lock;
  private final long token;
  private final AtomicReference<State> state = new AtomicReference<>(State.HELD);
  private final CompletableFuture<LossReason> lost = new CompletableFuture<>();
  private volatile @Nullable LossReason reason;

  @SuppressWarnings("this-escape") // the last statement: all else is in place by then
  Lease(Engine engine, String lock, Grant grant, long token) {
    this.engine = engine;
    this.lock = lock;
    this.grant = grant;
    this.token = token;
    attempt = grant.attempt;
    began = Moment.now(engine.time);
    grant.holder = this;
  }

  /** Returns the lock's name. */
  public String lock() {
    return lock;
  }

  /**
   * Returns a number that is greater than that of every lease of this lock that ended before this
   * one was asked for, and that no other lease of it has. Hand it to what the lock protects, which
   * must refuse an older one. Of a lease that was {@linkplain LockServiceBuilder#localHandOvers
   * handed on within its instance} the first is as true as clocks are.
   *
   * <p>A reader may have the same number as other readers that no writer came between, and as none
   * of the writers. Hand it to what the lock protects with each read: it then refuses a writer from
   * before, who would change what was read, and a reader whose lease has ended once the next writer
   * was there.
   */
  public long fencingToken() {
    return token;
  }

  /**
   * Returns whether nobody else can have the lock, by both clocks of this machine, at this moment.
   * Once {@code false}, it stays so. No round trip.
   */
  public boolean isValid() {
    return state.get() == State.HELD && checkTime() > 0;
  }

  /** Returns for how long the lease would last if it were renewed no more; zero if it has ended. */
  public Duration remaining() {
    long nanos = state.get() == State.HELD ? checkTime() : 0;
    return Duration.ofNanos(Math.max(0, nanos));
  }

  /**
   * Makes sure that the lease lasts for a while, before a step that must not be overtaken: extends
   * it if less is left. Blocks for at most {@code nodeTimeout}, and not at all if enough is left.
   *
   * @param least from zero to nine tenths of the service's lease; for longer steps set a longer one
   * @throws LeaseLostException if the lease has ended, or so much was not to be had
   */
  public void ensure(Duration least) {
    Checks.duration("least", least, Duration.ZERO, engine.lease.multipliedBy(9).dividedBy(10));
    if (remaining().compareTo(least) < 0) {
      extend(engine.lease);
    }
    var left = remaining(); // which may end it, and give the reason
    if (left.compareTo(least) < 0 || !isValid()) {
      throw new LeaseLostException(engine.name, token, reason, left);
    }
  }

  /**
   * Extends the lease now, to so long from now on; it gets no shorter by that. One round trip to
   * each node, at once; blocks until a quorum has answered, for at most {@code nodeTimeout}.
   *
   * @param duration from 50 milliseconds to the service's lease: a node that lost its memory keeps
   *     out for as long, and knows of no longer one
   * @return whether a quorum did; if not, the lease goes on as it was
   */
  public boolean extend(Duration duration) {
    return engine.join(extendAsync(duration), same -> {});
  }

  /** Extends the lease as {@link #extend} does, without blocking. */
  public CompletableFuture<Boolean> extendAsync(Duration duration) {
    Checks.duration("duration", duration, LEAST, engine.lease);
    if (!isValid()) {
      return CompletableFuture.completedFuture(false);
    }
    var result = new CompletableFuture<Boolean>();
    var extended = engine
        .renewals
        .extend(this, duration.toNanos())
        .thenApply(outcome -> outcome == Renewals.Outcome.EXTENDED);
    engine.handover.follow(extended, result, same -> {});
    return result;
  }

  /**
   * Returns a future that completes when the lease is lost, with the reason; never, if it is closed
   * before. It completes on the service's executor, late if this process stands still.
   */
  public CompletableFuture<LossReason> lost() {
    return lost.copy();
  }

  /**
   * Runs something once when less than so much is left, because renewals fail or have ended: time
   * to stop in good order. Runs on the service's executor.
   *
   * @param before from 1 millisecond to 1 hour
   * @return closed, it is not run any more
   */
  public AutoCloseable onJeopardy(Duration before, Runnable action) {
    Checks.duration("before", before, Duration.ofMillis(1), Duration.ofHours(1));
    return new Jeopardy(this, engine, before.toNanos(), Checks.notNull(action, "action"));
  }

  /**
   * Gives the lock back, and says whether it was still there to give: a quorum of nodes must say
   * so. One round trip to each node, at once. The lease is over when this method returns.
   */
  public CompletableFuture<ReleaseOutcome> release() {
    boolean wasLost = state.get() == State.LOST || checkTime() <= 0;
    if (!state.compareAndSet(State.HELD, State.RELEASED)) {
      return CompletableFuture.completedFuture(
          wasLost ? ReleaseOutcome.LOST : ReleaseOutcome.NOT_HELD);
    }
    var result = new CompletableFuture<ReleaseOutcome>();
    engine.handover.follow(engine.giveBack(this), result, same -> {});
    return result;
  }

  /** Gives the lock back, and waits for nothing. Does nothing the second time. */
  @Override
  public void close() {
    if (state.compareAndSet(State.HELD, State.RELEASED)) {
      engine.giveBack(this);
    }
  }

  /**
   * Gives the lease out of hand: it is renewed and watched no more, and whoever attaches the handle
   * in time goes on with it, in any process.
   *
   * @throws LeaseLostException if it has ended
   */
  public Handle detach() {
    if (!isValid() || !state.compareAndSet(State.HELD, State.DETACHED)) {
      throw new LeaseLostException(engine.name, token, reason, Duration.ZERO);
    }
    engine.detach(this);
    return new Handle(lock, attempt, token, grant.reads);
  }

  @Override
  public String toString() {
    return "Lease[" + token + ", " + state + "]";
  }

  @Nullable
  LossReason reason() {
    return reason;
  }

  /** Returns whether there is time left, without ending it if there is not. */
  boolean hasTime() {
    return leftNanos() > 0;
  }

  /** Returns the nanoseconds left, without ending it if there are none. */
  long leftNanos() {
    return grant.holdings.get().remainingNanos(Moment.now(engine.time), engine.quorum);
  }

  boolean isHeld() {
    return state.get() == State.HELD;
  }

  void lose(LossReason why) {
    if (state.compareAndSet(State.HELD, State.LOST)) {
      reason = why;
      engine.lost(this, why);
      engine.handover.deliver(() -> lost.complete(why));
    }
  }

  /** Returns the nanoseconds left, and sees to it that a lease that has ended stays so. */
  long checkTime() {
    long left = leftNanos();
    if (left <= 0) {
      lose(engine.renewals.isHeldTooLong(this) ? LossReason.HELD_TOO_LONG : LossReason.EXPIRED);
    }
    return left;
  }

  Time.Cancellable schedule(Runnable task, long nanos) {
    return engine.time.schedule(task, Duration.ofNanos(Math.max(0, nanos)));
  }

  /** Why a lease ended before it was released. */
  public enum LossReason {
    /** Its time ran out: renewals were not answered, or this process stood still. */
    EXPIRED,

    /** A quorum of nodes no longer had the lock for it: somebody took it, or deleted it. */
    TAKEN,

    /** So many nodes lost their memory that no quorum is left that has the lock for it. */
    NODES_LOST,

    /** It was held for as long as {@code maxHold} allows, and was renewed no more. */
    HELD_TOO_LONG,

    /** The lock service was closed. */
    CLOSED
  }

  /** What became of giving a lock back. */
  public enum ReleaseOutcome {
    /** A quorum of nodes still had the lock for the lease, and has it no more. */
    RELEASED,

    /** The lease had ended before; somebody else may have had the lock since. */
    LOST,

    /** It was released or detached before. */
    NOT_HELD,

    /** Too few nodes answered to know. What they have ends with the lease. */
    UNKNOWN
  }

  /**
   * A lease out of hand: what another thread or process needs to go on with it. Whoever has it can,
   * so treat it as a secret.
   *
   * @param lock the lock's name
   * @param attempt the attempt that has it, 1 to 128 characters of those that a handle is made of
   * @param fencingToken its fencing token, positive
   * @param reads whether it is a reader's
   */
  public record Handle(String lock, String attempt, long fencingToken, boolean reads) {

    static final Pattern ATTEMPT = Pattern.compile("[A-Za-z0-9._~-]{1,128}:[0-9a-z]{1,16}");

    /** Checks the parts: a handle may have come from elsewhere. */
    public Handle {
      Engine.checkLock(lock);
      Checks.notNull(attempt, "attempt");
      Checks.argument(ATTEMPT.matcher(attempt).matches(), "attempt is malformed: %s", "?");
      Checks.range("fencingToken", fencingToken, 1, 1L << 53);
    }

    @Override
    public String toString() {
      return "Handle[" + fencingToken + "]";
    }
  }
}
