package dev.scaling.core.redis;

import dev.scaling.core.Time;
import dev.scaling.core.redis.RedisCallException.Failure;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Sends the calls to one node, those that wait together as one batch. */
final class Pipeline {

  /*
   * Group commit: a call joins a queue, and whoever finds a free lane sends all that wait there. A
   * lone caller finds a lane free and leaves at once; while the lanes are away, calls gather. There
   * is no timer, so a batch is as large as the load makes it. One lane would leave the server idle
   * for a round trip between batches; with many, batches shrink to single commands.
   *
   * With 64 threads that each wait for a GET, most of what is left is waking them: 16 us of the
   * client's processor a call where Redisson alone takes 63, and 5 against 29 without threads. More
   * lanes cost more (17, 22, 27 and 32 us for one to four, on a busier machine) and bring no more
   * calls a second. A second lane that waits for a fair share of calls brought nothing either. One
   * MGET in place of a batch of GETs would save another quarter, but no longer tells a key of a wrong
   * type from none.
   *
   * A lane comes back with its batch, or when the last call of the batch is past its deadline: a
   * server that hangs must not hold up what comes later by more than one deadline. Redisson keeps
   * such a batch, and its connection, until its own timeout. So only few may be stuck so: behind
   * them calls wait, and are known not to have been sent.
   *
   * A batch may end while it is being sent, and would then send the next one on top of its own
   * stack, and so on. It leaves that to the loop that sends it: whoever frees a lane drains, but
   * before the sending is over the loop's next look at the lanes comes later than that.
   */

  private static final int LANES = 2;
  private static final int MAXIMUM_BATCH = 256;
  private static final int MAXIMUM_STUCK = 8;

  /** Redisson's own timeout is due long before; no lane depends on that alone. */
  private static final long ABANDONED_NANOS = TimeUnit.SECONDS.toNanos(2);

  private final Sender sender;
  private final Time time;
  private final Outcomes outcomes;
  private final Queue<Call<?>> waiting = new ConcurrentLinkedQueue<>();
  private final Set<Batch> underWay = ConcurrentHashMap.newKeySet();
  private final AtomicInteger freeLanes = new AtomicInteger(LANES);

  Pipeline(Sender sender, Time time, Outcomes outcomes) {
    this.sender = sender;
    this.time = time;
    this.outcomes = outcomes;
  }

  void submit(Call<?> call) {
    waiting.add(call);
    drain();
  }

  /** Ends the calls whose deadline has passed, and returns the time until the next, or -1. */
  long expire(long nowNanos) {
    long next = Call.expireAll(waiting, nowNanos, -1, outcomes);
    waiting.removeIf(Call::isDone);
    for (Batch batch : underWay) {
      next = Call.expireAll(batch.calls, nowNanos, next, outcomes);
      boolean mayBeStuck = underWay.size() - occupiedLanes() < MAXIMUM_STUCK;
      if (batch.isOver() && (mayBeStuck || batch.isAbandoned(nowNanos))) {
        batch.releaseLane();
      }
    }
    return next;
  }

  void failAll(Failure failure, String reason) {
    for (Call<?> call = waiting.poll(); call != null; call = waiting.poll()) {
      call.fail(failure, reason, null);
    }
    for (Batch batch : underWay) {
      batch.calls.forEach(call -> call.fail(Failure.AMBIGUOUS, reason, null));
    }
  }

  private void drain() {
    while (!waiting.isEmpty() && takeLane()) {
      var batch = new Batch();
      if (batch.calls.isEmpty()) {
        batch.releaseLane(); // another thread took the calls; look again, one may have come since
      } else {
        batch.send();
      }
    }
  }

  private int occupiedLanes() {
    return LANES - freeLanes.get();
  }

  private boolean takeLane() {
    int free = freeLanes.get();
    while (free > 0) {
      if (freeLanes.compareAndSet(free, free - 1)) {
        return true;
      }
      free = freeLanes.get();
    }
    return false;
  }

  /** Calls that travel together, and the lane they occupy. */
  private final class Batch {

    final List<Call<?>> calls = new ArrayList<>(4);
    private final AtomicBoolean laneReleased = new AtomicBoolean();
    private volatile boolean sending = true;

    Batch() {
      while (calls.size() < MAXIMUM_BATCH) {
        Call<?> call = waiting.poll();
        if (call == null) {
          break;
        }
        if (call.trySend(this)) {
          calls.add(call);
        }
      }
    }

    /** Sends the calls. Whoever calls this looks at the lanes again. */
    void send() {
      underWay.add(this);
      outcomes.batchSent(calls.size());
      try {
        sendAll();
      } catch (RuntimeException e) {
        left(e);
      } finally {
        sending = false;
      }
    }

    boolean isOver() {
      return calls.stream().allMatch(Call::isDone);
    }

    boolean isAbandoned(long nowNanos) {
      return calls.stream().allMatch(call -> nowNanos - call.deadlineNanos > ABANDONED_NANOS);
    }

    void releaseLane() {
      if (laneReleased.compareAndSet(false, true)) {
        freeLanes.incrementAndGet();
        if (!sending) {
          drain();
        }
      }
    }

    private void sendAll() {
      if (calls.size() == 1) {
        var call = calls.get(0);
        call.sendBy(sender.alone(timeoutNanos())).whenComplete((reply, failure) -> {
          ended(call, reply, failure);
          left(null);
        });
        return;
      }
      var batch = sender.batch(timeoutNanos());
      for (Call<?> call : calls) {
        call.sendBy(batch).whenComplete((reply, failure) -> ended(call, reply, failure));
      }
      batch.executeAsync().whenComplete((result, failure) -> left(failure));
    }

    private void ended(Call<?> call, @Nullable Object reply, @Nullable Throwable failure) {
      if (failure == null) {
        outcomes.answered();
        call.reply(reply);
        return;
      }
      Throwable cause = Failures.unwrap(failure);
      if (call.canSendAgainAfter(cause)) {
        call.rewind();
        submit(call);
        return;
      }
      var kind = Failures.classify(cause, calls.size());
      call.fail(kind, Failures.reason(kind, cause), Failures.cause(cause), outcomes);
    }

    /** The whole batch is over: Redisson may leave commands of a failed one without an end. */
    private void left(@Nullable Throwable failure) {
      underWay.remove(this);
      for (Call<?> call : calls) {
        if (failure != null && !call.isDone() && call.isCarriedBy(this)) {
          ended(call, null, failure);
        }
      }
      releaseLane();
    }

    private long timeoutNanos() {
      long now = time.nanoTime();
      long longest = 0;
      for (Call<?> call : calls) {
        longest = Math.max(longest, call.deadlineNanos - now);
      }
      return longest;
    }
  }
}
