package dev.scaling.resilience;

import dev.scaling.core.Time;
import dev.scaling.core.internal.Checks;
import dev.scaling.resilience.Permit.Phase;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.State;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.StateTransition;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowType;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Ends the calls to a dependency that fails, for a while. Safe for use by many threads. */
final class Breaker {

  /*
   * The states and their changes are resilience4j's, and so is the decision over probes. What is ours:
   *
   * Generations. An outcome counts only in the phase that its attempt began in. resilience4j counts it in
   * whichever state the circuit is by then, so that attempts from before the outage can close a circuit
   * that is half open. While a circuit is half open each probe has a permit of its own, and all that has to
   * do with it runs under the guard.
   *
   * The window of the closed phase. resilience4j takes a lock, or copies its window, for each success; here
   * a success is one striped increment, and the ratio is looked at when an attempt fails. The window belongs
   * to its phase, so an outcome that comes late goes where nobody looks.
   *
   * A probe that hangs counts as failed after a while, or else its permit would be missed for ever
   * (https://github.com/resilience4j/resilience4j/issues/935).
   *
   * A circuit breaker that the user brings has its own window, which is told of each outcome, under the
   * guard. What others tell it directly, or change between its grant and our reading of its state, cannot
   * be told from what is ours. Its listener must not take the guard: resilience4j calls it under a lock.
   */

  private static final long NEVER = -Long.MAX_VALUE / 2; // long ago

  private final CircuitBreaker machine;
  private final @Nullable OpenWait wait; // null if the user has brought the machine
  private final BreakerBuilder settings;
  private final Time time;
  private final Map<StateTransition, LongAdder> transitions = new EnumMap<>(StateTransition.class);
  private final Queue<StateTransition> changes = new ConcurrentLinkedQueue<>(); // to be logged
  private final PipelineLog log;
  private final ReentrantLock guard = new ReentrantLock();
  private volatile Phase phase;

  private Breaker(
      CircuitBreaker machine,
      @Nullable OpenWait wait,
      BreakerBuilder settings,
      Time time,
      PipelineLog log) {
    this.machine = machine;
    this.wait = wait;
    this.settings = settings;
    this.time = time;
    for (var each : StateTransition.values()) {
      transitions.put(each, new LongAdder());
    }
    phase = phaseOf(machine.getState());
    this.log = log;
    listen(machine, new WeakReference<>(this)); // nobody can cease to listen
  }

  private static void listen(CircuitBreaker machine, WeakReference<Breaker> listener) {
    machine.getEventPublisher().onReset(event -> {
      var breaker = listener.get();
      if (breaker != null) {
        breaker.begin();
      }
    });
    machine.getEventPublisher().onStateTransition(event -> {
      var breaker = listener.get();
      if (breaker != null) {
        breaker.changed(event.getStateTransition());
      }
    });
  }

  static Breaker of(
      String name, BreakerBuilder settings, Time time, RandomGenerator random, PipelineLog log) {
    var wait = new OpenWait(settings.firstWait, settings.longestWait, random);
    var config = CircuitBreakerConfig.custom()
        .failureRateThreshold((float) (settings.failureRatio * 100))
        .slidingWindow(settings.probes, settings.probes, SlidingWindowType.COUNT_BASED)
        .permittedNumberOfCallsInHalfOpenState(settings.probes)
        .waitIntervalFunctionInOpenState(wait)
        .clock(new ElapsedClock(time))
        .writableStackTraceEnabled(false)
        .build();
    return new Breaker(CircuitBreaker.of(name, config), wait, settings, time, log);
  }

  /** Lets a circuit breaker of the user's decide. */
  static Breaker of(CircuitBreaker machine, Time time, PipelineLog log) {
    return new Breaker(machine, /* wait= */ null, new BreakerBuilder(), time, log);
  }

  /** Returns what to bring back with the outcome, or {@code null}: the circuit is open. */
  @Nullable
  Permit tryAcquire(long nowNanos) {
    var now = phase;
    if (now.isClosed()) {
      if (now.window != null) {
        now.window.tick(nowNanos);
      }
      return now.shared;
    }
    return now.refusesUntilNanos - nowNanos > 0 ? null : tryProbe();
  }

  void succeeded(Permit permit, long beganNanos) {
    var window = permit.isShared() ? permit.phase.window : null;
    if (window != null) {
      window.succeeded();
      return;
    }
    settle(permit, () -> machine.onSuccess(time.nanoTime() - beganNanos, TimeUnit.NANOSECONDS));
  }

  void failed(Permit permit, long beganNanos, Throwable failure) {
    if (failure instanceof Error
        || failure instanceof CancellationException
        || failure instanceof InterruptedException) {
      released(permit);
      return;
    }
    if (wait != null && !isFailure(failure)) {
      succeeded(permit, beganNanos);
      return;
    }
    var window = permit.isShared() ? permit.phase.window : null;
    if (window == null) {
      long elapsed = time.nanoTime() - beganNanos;
      settle(permit, () -> fail(elapsed, failure));
      return;
    }
    window.failed(time.nanoTime());
    if (window.isBad(settings.minimumCalls, settings.failureRatio)) {
      settle(permit, machine::transitionToOpenState);
    }
  }

  /** The attempt was not made, or its outcome says nothing. */
  void released(Permit permit) {
    if (!permit.isShared() || wait == null) {
      settle(permit, machine::releasePermission);
    }
  }

  /** Returns for how long it refuses all attempts, if that can be told; or else zero. */
  Duration refusesFor(long nowNanos) {
    var now = phase;
    return now.isClosed() || wait == null
        ? Duration.ZERO
        : Duration.ofNanos(Math.max(0, now.refusesUntilNanos - nowNanos));
  }

  State state() {
    return phase.state;
  }

  LongAdder count(StateTransition transition) {
    return Checks.notNull(transitions.get(transition), "transition");
  }

  private @Nullable Permit tryProbe() {
    Permit probe;
    guard.lock();
    try {
      if (!machine.tryAcquirePermission()) {
        return null;
      }
      var now = phase;
      if (now.isClosed()) {
        return now.shared;
      }
      probe = Permit.probe(now);
    } finally {
      guard.unlock();
      tell();
    }
    try {
      probe.timer.set(time.schedule(() -> expire(probe), settings.longestProbe));
    } catch (Throwable e) { // without an end it might hang for ever
      released(probe);
      throw e;
    }
    return probe;
  }

  private void fail(long elapsedNanos, Throwable failure) {
    try {
      machine.onError(elapsedNanos, TimeUnit.NANOSECONDS, failure);
    } catch (Throwable e) { // a predicate of the user's, before anything was counted
      machine.releasePermission();
      CallState.hang(e, failure);
    }
  }

  private void expire(Permit probe) {
    var failure = new TimeoutException("a probe has not ended");
    settle(probe, () -> fail(settings.longestProbe.toNanos(), failure));
  }

  /** Tells the machine, unless the permit is of another generation, or was settled before. */
  private void settle(Permit permit, Runnable outcome) {
    guard.lock();
    try {
      if (permit.phase == phase && permit.settle()) {
        outcome.run();
      }
    } finally {
      guard.unlock();
    }
    if (!permit.isShared()) {
      permit.timer.cancel();
    }
    tell();
  }

  private boolean isFailure(Throwable failure) {
    try {
      return settings.failure.test(failure);
    } catch (Throwable e) { // the user's code; to count it is the safe side
      return true;
    }
  }

  private void changed(StateTransition transition) {
    count(transition).increment();
    begin();
    changes.add(transition);
    tell();
  }

  /** Writes to the log what has changed, unless that is under the guard: whoever has it will. */
  private void tell() {
    if (guard.isHeldByCurrentThread()) {
      return;
    }
    for (var change = changes.poll(); change != null; change = changes.poll()) {
      log.changed(change);
    }
  }

  private void begin() {
    State state;
    do {
      state = machine.getState();
      phase = phaseOf(state);
    } while (machine.getState() != state); // two changes may tell of themselves in either order
  }

  private Phase phaseOf(State state) {
    long now = time.nanoTime();
    boolean isClosedByUs = wait != null && state == State.CLOSED;
    return new Phase(
        state,
        isClosedByUs ? new OutcomeWindow(settings.window, now) : null,
        now + (wait != null && state == State.OPEN ? wait.lastNanos() : NEVER));
  }
}
