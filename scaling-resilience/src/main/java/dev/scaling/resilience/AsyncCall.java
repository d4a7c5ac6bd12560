package dev.scaling.resilience;

import dev.scaling.core.Time;
import dev.scaling.core.internal.Section;
import dev.scaling.resilience.Attempt.Kind;
import dev.scaling.resilience.Resilience.AsyncWork;
import dev.scaling.resilience.context.CallContext;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A call that holds no thread while it waits. */
final class AsyncCall<V extends @Nullable Object> {

  /*
   * The call ends once: by an attempt, by its deadline, or by its caller, whichever comes first in the
   * section. Each attempt ends once too: whoever claims it lets it leave the gate. What is the user's code
   * runs outside of the section, and not on the timer's thread.
   */

  private final Resilience pipeline;
  private final AsyncWork<V> work;
  private final boolean isPrivate;
  private final CompletableFuture<V> result = new CompletableFuture<>();
  private final Section section = new Section();

  // Guarded by section.
  private final CallState state;
  private final List<AsyncAttempt<V>> underWay = new ArrayList<>(2); // the attempt, and its hedge
  private Time.@Nullable Cancellable deadline;
  private Time.@Nullable Cancellable wait;
  private Time.@Nullable Cancellable hedge;
  private boolean over;

  /**
   * Creates a call.
   *
   * @param isPrivate whether nobody but us hears of the result, so that it may come from any thread
   */
  AsyncCall(
      Resilience pipeline,
      CallContext context,
      long beganNanos,
      AsyncWork<V> work,
      boolean isPrivate) {
    this.pipeline = pipeline;
    this.isPrivate = isPrivate;
    state = new CallState(pipeline, context, section::after, beganNanos);
    this.work = work;
  }

  CompletableFuture<V> start(long nowNanos) {
    result.whenComplete((value, failure) -> leave());
    try {
      var timer = pipeline.time.schedule(this::expire, state.deadline());
      section.run(() -> deadline = timer);
    } catch (Throwable e) { // a call without an end is worse than none
      result.completeExceptionally(e);
      return result;
    }
    if (state.isLate(nowNanos)) {
      expire();
      return result;
    }
    try {
      pipeline.throttle.enter(nowNanos);
    } catch (Throwable e) {
      end(() -> state.refused(e));
      return result;
    }
    send(nowNanos);
    return result;
  }

  boolean isLate() {
    return state.isLate(pipeline.time.nanoTime());
  }

  private void send(long nowNanos) {
    if (section.read(() -> over)) {
      return; // it ended on the way here
    }
    if (state.isLate(nowNanos)) { // this process stood still
      expire();
      return;
    }
    if (state.isTooLateFor(nowNanos)) {
      end(state::tooLate);
      return;
    }
    Permit permit;
    try {
      permit = pipeline.gate.enter(nowNanos);
    } catch (Throwable e) {
      end(() -> state.refused(e));
      return;
    }
    long now = pipeline.gate.isForeign() ? pipeline.time.nanoTime() : nowNanos;
    if (state.isLate(now)) { // it has waited there
      pipeline.gate.released(permit);
      expire();
      return;
    }
    var sent = section.read(() -> over ? null : sends(permit, now));
    if (sent == null) {
      pipeline.gate.released(permit);
      return;
    }
    if (pipeline.hedge != null) {
      scheduleHedge(pipeline.hedge, now);
    }
    sent.begin(work);
  }

  private AsyncAttempt<V> sends(Permit permit, long nowNanos) {
    var sent = new AsyncAttempt<>(
        this, pipeline, state.sends(nowNanos), permit, /* paid= */ null, nowNanos);
    wait = null; // until here its tokens can come back
    underWay.add(sent);
    return sent;
  }

  private void scheduleHedge(HedgeRule rule, long nowNanos) {
    long delay = rule.delayNanos(pipeline.latencies(nowNanos));
    section.run(() -> {
      if (over || delay == Long.MAX_VALUE || !state.isHedgeable()) {
        return;
      }
      try {
        hedge = pipeline.time.schedule(
            () -> pipeline.handover.tryDeliver(() -> hedge(rule)), Duration.ofNanos(delay));
      } catch (Throwable e) { // no timer, no hedge
        pipeline.counters.hedgesSuppressed.increment();
      }
    });
  }

  /** Sends a hedge if the first attempt is still under way, and nothing speaks against it. */
  private void hedge(HedgeRule rule) {
    long now = pipeline.time.nanoTime();
    if (!section.read(this::isHedgeWanted)) {
      return;
    }
    var paid = pipeline.isSaturated() || state.isTooLateFor(now) ? null : rule.tryWithdraw(now);
    if (paid == null) {
      pipeline.counters.hedgesSuppressed.increment();
      return;
    }
    Permit permit;
    try {
      permit = pipeline.gate.enter(now);
    } catch (Throwable e) { // an attempt that nobody has asked for
      rule.hedges().notSent(paid);
      pipeline.counters.hedgesSuppressed.increment();
      return;
    }
    var sent = section.read(() -> isHedgeWanted() ? hedges(permit, paid, now) : null);
    if (sent == null) {
      pipeline.gate.released(permit);
      rule.hedges().notSent(paid);
    } else {
      state.tellOfHedge();
      sent.begin(work);
    }
  }

  /** Returns whether the first attempt is under way, and nothing else was sent or waits to be. */
  private boolean isHedgeWanted() {
    return !over && underWay.size() == 1 && state.isHedgeable();
  }

  private AsyncAttempt<V> hedges(Permit permit, RetryBudget.Withdrawal paid, long nowNanos) {
    var sent = new AsyncAttempt<>(this, pipeline, state.hedges(nowNanos), permit, paid, nowNanos);
    underWay.add(sent);
    return sent;
  }

  /** Ends the call without another attempt. */
  private void end(Supplier<Throwable> ending) {
    section.run(() -> {
      if (!over) {
        end();
        var failure = ending.get();
        section.after(() -> result.completeExceptionally(failure));
      }
    });
  }

  void succeeded(AsyncAttempt<V> sent, V value) {
    section.run(() -> {
      underWay.remove(sent);
      if (over) {
        section.after(sent::lost);
        return;
      }
      var losers = end();
      state.succeeded(sent.kind());
      section.after(sent::won);
      section.after(() -> losers.forEach(AsyncAttempt::lose));
      section.after(() -> result.complete(value));
    });
  }

  void failed(AsyncAttempt<V> sent, Throwable failure) {
    boolean mayGoAway = state.mayGoAway(failure);
    var next = state.nextAfter(failure); // nothing changes the state between two attempts
    section.run(() -> {
      underWay.remove(sent);
      if (over) {
        return;
      }
      if (hedge != null) {
        hedge.cancel();
      }
      if (!underWay.isEmpty() && (sent.kind() == Kind.HEDGE || mayGoAway)) {
        state.firstFailed(failure); // the other one may still succeed
        return;
      }
      if (state.failed(failure, next) && next != null) {
        waitFor(next.waitNanos());
      } else {
        var left = end();
        section.after(() -> left.forEach(AsyncAttempt::giveUp));
        section.after(() -> result.completeExceptionally(failure));
      }
    });
  }

  Attempt.TimedOutException timedOut(int number) {
    return state.timedOut(number);
  }

  private void waitFor(long nanos) {
    try {
      wait = pipeline.time.schedule(this::sendAgain, Duration.ofNanos(nanos));
    } catch (Throwable e) {
      end();
      var failure = state.refused(e);
      section.after(() -> result.completeExceptionally(failure));
    }
  }

  /** On the timer's thread, which nobody's code must hold. */
  private void sendAgain() {
    if (!pipeline.handover.tryDeliver(() -> send(pipeline.time.nanoTime()))) {
      var refusal =
          new RejectedExecutionException(pipeline.name + ": the executor refuses a retry");
      end(() -> state.refused(refusal));
    }
  }

  private void expire() {
    section.run(() -> {
      if (!over) {
        var failure = state.deadlineExceeded();
        Executor elsewhere = task -> section.after(() -> pipeline.handover.deliver(task));
        var left = giveUp(failure, elsewhere);
        section.after(() -> expire(left, failure));
      }
    });
  }

  private void expire(List<AsyncAttempt<V>> left, Throwable failure) {
    var taken = left.stream().filter(AsyncAttempt::takeAway).toList();
    if (isPrivate) { // those who wait for it wait on a thread that the executor may need
      result.completeExceptionally(failure);
    }
    pipeline.handover.deliver(() -> {
      try {
        taken.forEach(sent -> sent.fail(failure));
      } finally {
        result.completeExceptionally(failure);
      }
    });
  }

  /** The result is there: ours, or the caller has cancelled it or completed it itself. */
  private void leave() {
    section.run(() -> {
      if (!over) {
        var left = giveUp(/* failure= */ null, section::after);
        section.after(() -> left.forEach(AsyncAttempt::giveUp));
      }
    });
  }

  private List<AsyncAttempt<V>> giveUp(@Nullable Throwable failure, Executor after) {
    state.cancelled(/* isWaiting= */ wait != null, failure, after);
    return end();
  }

  /** Ends the call; returns the attempts that are under way, to be ended outside of the section. */
  private List<AsyncAttempt<V>> end() {
    over = true;
    if (deadline != null) {
      deadline.cancel();
    }
    if (hedge != null) {
      hedge.cancel();
    }
    if (wait != null) {
      wait.cancel();
      wait = null;
    }
    var left = List.copyOf(underWay);
    underWay.clear();
    return left;
  }
}
