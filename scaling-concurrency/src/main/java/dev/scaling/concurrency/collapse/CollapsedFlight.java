package dev.scaling.concurrency.collapse;

import dev.scaling.concurrency.internal.AbstractFlight;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
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
   * The completion of `result` decides between the execution's end and its abandonment. Who abandons
   * and wins reads which thread executes, interrupts it and then settles; who executes and loses
   * waits until that is settled, so no interrupt ever hits what the thread does next. The fence is
   * in enter(), and in exit() or the completion itself.
   */

  private static final int CLOSED = 1;
  private static final int CALLER = 2;
  private static final VarHandle CALLERS;
  private static final VarHandle SEATS;

  static {
    try {
      var lookup = MethodHandles.lookup();
      CALLERS = lookup.findVarHandle(CollapsedFlight.class, "callers", int.class);
      SEATS = lookup.findVarHandle(CollapsedFlight.class, "seats", Map.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final Collapse<K, V> collapse;
  private final @Nullable Seat<V> leader;

  // Set before the flight is handed to the executor.
  private Work work;
  private boolean isRetried;

  @SuppressWarnings({"FieldMayBeFinal", "UnusedVariable"}) // changed and read by the handle
  private int callers = CALLER;

  @SuppressWarnings("UnusedVariable") // set by the handle
  private @Nullable Map<Seat<V>, Work> seats; // of those who do not wait for the result itself

  private volatile @Nullable CompletionStage<?> stage;
  private volatile boolean isSettled;
  private @Nullable Thread interrupted; // written before isSettled, read after it

  CollapsedFlight(Collapse<K, V> collapse, K key, Work work, @Nullable Seat<V> leader) {
    super(key);
    this.collapse = collapse;
    this.work = work;
    this.leader = leader;
  }

  /** Joins the callers, unless all have left. */
  boolean join() {
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
  boolean join(Seat<V> seat, Work mine) {
    var all = seats();
    seat.sit(this);
    all.put(seat, mine);
    if (join()) {
      return true;
    }
    all.remove(seat);
    return false;
  }

  /** Seats the leader, before the flight starts. */
  void lead(Seat<V> seat) {
    seat.sit(this);
    seats().put(seat, work);
    seat.startTimer();
  }

  /** Seats a follower who has joined. */
  void follow(Seat<V> seat) {
    seat.startTimer();
    if (result().isDone()) {
      end(seat);
    }
  }

  /** Hands the execution over to the executor. */
  void start() {
    try {
      collapse.common().executor().execute(this);
    } catch (RuntimeException e) { // it is full or shut down
      end(e);
    }
  }

  /** Executes, on the executor. */
  @Override
  public void run() {
    enter();
    if (result().isDone()) { // abandoned before it began
      exit();
      awaitSettled();
      return;
    }
    V value;
    try {
      var returned = work.call().call();
      if (work.isStage()) {
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
      seats().remove(seat);
    }
    if (leave()) {
      collapse.flights().remove(this); // before it is cancelled: nobody is to find it so
      abandon();
    }
  }

  private void abandon() {
    if (result().cancel(/* mayInterruptIfRunning= */ false)) {
      collapse.counters().abandoned.increment();
      var thread = executing();
      if (thread != null) {
        interrupted = thread;
        thread.interrupt();
      }
      isSettled = true;
      cancel(stage);
    }
  }

  /** Follows a stage to its end. The thread that started it is free then. */
  private void follow(CompletionStage<?> started) {
    exit();
    stage = started;
    if (result().isDone()) {
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
    if (result().isDone()) {
      awaitSettled(); // the failure may be the interrupt of the abandonment
      return;
    }
    if (failure instanceof InterruptedException) {
      Thread.currentThread().interrupt();
    }
    if (leader == null || isRetried) {
      end(failure);
    } else {
      retry(leader, failure);
    }
  }

  /** Fails the leader, and lets one of the followers lead the one execution that is left. */
  private void retry(Seat<V> failed, Throwable failure) {
    boolean isWaiting = failed.claim();
    if (isWaiting) {
      seats().remove(failed);
      if (leave()) { // nobody else is there, and nobody can come
        collapse.flights().crash(this, failure);
        failed.crashClaimed(failure);
        return;
      }
      failed.crashClaimed(failure);
    }
    for (var each : seats().entrySet()) {
      if (!each.getKey().isClaimed()) {
        work = each.getValue();
        break;
      }
    } // all others may be about to leave while a new one joins: then the leader's serves that one
    isRetried = true;
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
    result().whenComplete((value, failure) -> {
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
    while (!isSettled) {
      Thread.yield();
    }
    if (interrupted == Thread.currentThread()) {
      Thread.interrupted(); // meant for the execution, not for what this thread does next
    }
  }

  @SuppressWarnings("unchecked") // only ever set to such a map
  private Map<Seat<V>, Work> seats() {
    var all = (Map<Seat<V>, Work>) SEATS.getVolatile(this);
    if (all != null) {
      return all;
    }
    var mine = new ConcurrentHashMap<Seat<V>, Work>();
    var others = (Map<Seat<V>, Work>) SEATS.compareAndExchange(this, null, mine);
    return others == null ? mine : others;
  }

  @SuppressWarnings("unchecked") // as above
  private void eachSeat(Consumer<Seat<V>> end) {
    var all = (Map<Seat<V>, Work>) SEATS.getVolatile(this);
    if (all != null) {
      all.keySet().forEach(end);
    }
  }

  private static void cancel(@Nullable CompletionStage<?> stage) {
    if (stage != null) {
      try {
        stage.toCompletableFuture().cancel(/* mayInterruptIfRunning= */ true);
      } catch (UnsupportedOperationException e) {
        // a stage that cannot be cancelled runs to its end, and nobody hears of it
      }
    }
  }

  @SuppressWarnings("unchecked") // the collapser's methods take only executions of its values
  private V cast(@Nullable Object value) {
    return (V) value;
  }

  /**
   * What a caller wants executed.
   *
   * @param isStage whether the call returns a stage of the value
   */
  record Work(Callable<?> call, boolean isStage) {}
}
