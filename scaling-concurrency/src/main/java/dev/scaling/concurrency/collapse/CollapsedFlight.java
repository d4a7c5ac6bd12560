package dev.scaling.concurrency.collapse;

import dev.scaling.concurrency.internal.AbstractFlight;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One execution for one key, its leader and its followers. */
final class CollapsedFlight<K, V> extends AbstractFlight<K, V> implements Runnable, Seat.Place<V> {

  /*
   * `callers` is one word: CALLER for each of those who wait, and CLOSED once the last has left.
   * The step from one caller to none and the closing are one, so nobody joins what is given up:
   *
   *   join    callers += CALLER, unless CLOSED; then the newcomer removes the flight and starts anew
   *   leave   callers -= CALLER; the last one closes, removes, and only then cancels
   *
   * The completion of the future decides between the execution's end and its abandonment. Who abandons
   * and wins reads which thread executes, interrupts it and then settles; who executes and loses
   * waits until that is settled, so no interrupt ever hits what the thread does next. The fence is
   * in enter(), and in exit() or the completion itself.
   */

  private static final int CLOSED = 1;
  private static final int CALLER = 2;
  private static final VarHandle CALLERS;
  private static final VarHandle PARTY;

  static {
    try {
      var lookup = MethodHandles.lookup();
      CALLERS = lookup.findVarHandle(CollapsedFlight.class, "callers", int.class);
      PARTY = lookup.findVarHandle(CollapsedFlight.class, "party", Party.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final Collapse<K, V> collapse;

  /** The leader's thread if it blocks without a seat, and so stays until it is interrupted. */
  private final @Nullable Thread waiting;

  private Callable<?> work; // set before the flight is handed to the executor

  @SuppressWarnings({"FieldMayBeFinal", "UnusedVariable"}) // changed and read by the handle
  private int callers = CALLER;

  @SuppressWarnings("UnusedVariable") // set by the handle
  private @Nullable Party<V> party;

  CollapsedFlight(Collapse<K, V> collapse, K key, Callable<?> work, boolean isBlocking) {
    super(key);
    this.collapse = collapse;
    this.work = work;
    waiting = isBlocking ? Thread.currentThread() : null;
  }

  /** Joins the callers, unless all have left. */
  boolean tryJoin() {
    int now = (int) CALLERS.getVolatile(this);
    while ((now & CLOSED) == 0) {
      int seen = (int) CALLERS.compareAndExchange(this, now, now + CALLER);
      if (seen == now) {
        return true;
      }
      now = seen;
    }
    return false;
  }

  /** Leaves the callers; returns whether that was the last one, and nobody can join any more. */
  boolean leave() {
    int now = (int) CALLERS.getVolatile(this);
    while (true) {
      int next = now == CALLER ? CLOSED : now - CALLER;
      int seen = (int) CALLERS.compareAndExchange(this, now, next);
      if (seen == now) {
        return next == CLOSED;
      }
      now = seen;
    }
  }

  /** Joins with a seat, which is there before the caller counts, so that no end can miss it. */
  boolean tryJoin(Seat<V> seat, Callable<?> mine) {
    var seats = party().seats;
    seat.sit(this);
    seats.put(seat, mine);
    if (tryJoin()) {
      return true;
    }
    seats.remove(seat);
    return false;
  }

  /** Seats the leader, before the flight starts. */
  void lead(Seat<V> seat, boolean isRetrying) {
    var all = party();
    all.leader = isRetrying ? seat : null;
    seat.sit(this);
    all.seats.put(seat, work);
    seat.startTimer();
  }

  /** Seats a follower who has joined. */
  void follow(Seat<V> seat) {
    seat.startTimer();
    if (isDone()) {
      end(seat);
    }
  }

  /** Hands the execution over to the executor. */
  void start() {
    try {
      collapse.common().executor().execute(this);
    } catch (Throwable e) { // it is full or shut down, or has no thread left
      end(e);
    }
  }

  /** Executes, on the executor. */
  @Override
  public void run() {
    if (waiting == Thread.currentThread()) {
      enterUndisturbed(); // the leader is here, so it cannot leave before the end
    } else {
      enter();
    }
    if (isDone()) { // abandoned before it began
      exit();
      awaitSettled();
      return;
    }
    @Nullable V value;
    try {
      var returned = work.call();
      if (work instanceof StageCall) {
        follow(collapse.common().notNull((CompletionStage<?>) returned, "the stage"));
        return;
      }
      value = cast(returned);
    } catch (Throwable e) { // an error must reach the callers too, who would wait for ever
      exit();
      fail(e);
      return;
    }
    exitToLand();
    land(value);
  }

  @Override
  public void left(@Nullable Seat<V> seat) {
    if (seat != null) {
      party().seats.remove(seat);
    }
    if (leave()) {
      collapse.flights().remove(this); // before it is cancelled: nobody is to find it so
      abandon();
    }
  }

  private void abandon() {
    if (cancel(/* mayInterruptIfRunning= */ false)) {
      collapse.counters().abandoned.increment();
      var all = party();
      var thread = executing();
      if (thread != null) {
        all.interrupted = thread;
        thread.interrupt();
      }
      all.isSettled = true;
      cancel(all.stage);
    }
  }

  /** Follows a stage to its end. The thread that started it is free then. */
  private void follow(CompletionStage<?> started) {
    exit();
    party().stage = started;
    if (isDone()) {
      awaitSettled();
      cancel(started);
      return;
    }
    started.whenComplete((value, failure) -> {
      if (failure == null) {
        land(cast(value));
      } else {
        fail(
            failure instanceof CompletionException && failure.getCause() != null
                ? failure.getCause()
                : failure);
      }
    });
  }

  private void land(@Nullable V value) {
    if (collapse.flights().land(this, value)) {
      eachSeat(seat -> seat.land(value));
    } else {
      awaitSettled();
    }
  }

  private void fail(Throwable failure) {
    if (isDone()) {
      awaitSettled(); // the failure may be the interrupt of the abandonment
      return;
    }
    if (failure instanceof InterruptedException) {
      Thread.currentThread().interrupt();
    }
    var all = party();
    var leader = all.leader;
    if (leader == null || all.isRetried) {
      end(failure);
    } else {
      retry(all, leader, failure);
    }
  }

  /** Fails the leader, and lets one of the followers lead the one execution that is left. */
  private void retry(Party<V> all, Seat<V> failed, Throwable failure) {
    boolean isWaiting = failed.claim();
    if (isWaiting) {
      all.seats.remove(failed);
      if (leave()) { // nobody else is there, and nobody can come
        collapse.flights().crash(this, failure);
        failed.crashClaimed(failure);
        return;
      }
      failed.crashClaimed(failure);
    }
    for (var each : all.seats.entrySet()) {
      if (!each.getKey().isClaimed()) {
        work = each.getValue();
        break;
      }
    } // all others may be about to leave while a new one joins: then the leader's serves that one
    all.isRetried = true;
    collapse.counters().retries.increment();
    start();
  }

  private void end(Throwable failure) {
    if (collapse.flights().crash(this, failure)) {
      eachSeat(seat -> seat.crash(failure));
    } else {
      awaitSettled();
    }
  }

  private void end(Seat<V> seat) {
    whenComplete((value, failure) -> {
      if (failure == null) {
        seat.land(value);
      } else {
        seat.crash(failure);
      }
    });
  }

  /** Waits until who abandoned the flight touches this thread no more: a few instructions. */
  @SuppressWarnings("ThreadPriorityCheck") // as in FutureTask; correct without it, only slower
  private void awaitSettled() {
    var all = party();
    while (!all.isSettled) {
      Thread.yield();
    }
    if (all.interrupted == Thread.currentThread()) {
      Thread.interrupted(); // meant for the execution, not for what this thread does next
    }
  }

  @SuppressWarnings("unchecked") // only ever set to a party of its values
  private Party<V> party() {
    var there = (Party<V>) PARTY.getVolatile(this);
    if (there != null) {
      return there;
    }
    var mine = new Party<V>();
    var others = (Party<V>) PARTY.compareAndExchange(this, null, mine);
    return others == null ? mine : others;
  }

  @SuppressWarnings("unchecked") // as above
  private void eachSeat(Consumer<Seat<V>> end) {
    var there = (Party<V>) PARTY.getVolatile(this);
    if (there != null) {
      there.seats.keySet().forEach(end);
    }
  }

  private static void cancel(@Nullable CompletionStage<?> stage) {
    if (stage != null) {
      try {
        stage.toCompletableFuture().cancel(/* mayInterruptIfRunning= */ true);
      } catch (RuntimeException e) {
        // a stage that cannot be cancelled runs to its end, and nobody hears of it
      }
    }
  }

  @SuppressWarnings("unchecked") // the collapser's methods take only executions of its values
  private @Nullable V cast(@Nullable Object value) {
    return (V) value;
  }

  /** What a caller wants executed, if it returns a stage of the value. */
  record StageCall(Supplier<? extends CompletionStage<?>> start) implements Callable<Object> {

    @Override
    public Object call() {
      return start.get();
    }
  }
}
