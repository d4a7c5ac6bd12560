package dev.scaling.core.redis;

import dev.scaling.core.Time;
import dev.scaling.core.redis.RedisCallException.Failure;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.redisson.api.BatchOptions;
import org.redisson.api.RedissonClient;

/** Sends the calls to one node, those that wait together as one batch. */
final class Pipeline {

  /*
   * Group commit: a call joins a queue, and whoever finds a free lane sends all that wait there. A
   * lone caller finds a lane free and leaves at once; while the lanes are away, calls gather. There
   * is no timer, so a batch is as large as the load makes it. One lane would leave the server idle
   * for a round trip between batches; with many, batches shrink to single commands.
   *
   * A lane comes back with its batch, or when the last call of the batch is past its deadline: a
   * server that hangs must not hold up what comes later by more than one deadline.
   */

  private static final int LANES = 2;
  private static final int MAXIMUM_BATCH = 256;

  /** How long Redisson may hold a connection after our last deadline; its timer ticks at 100 ms. */
  private static final long GRACE_MILLIS = 200;

  private final RedissonClient client;
  private final Time time;
  private final Outcomes outcomes;
  private final Queue<Call<?>> waiting = new ConcurrentLinkedQueue<>();
  private final Set<Batch> underWay = ConcurrentHashMap.newKeySet();
  private final AtomicInteger freeLanes = new AtomicInteger(LANES);

  Pipeline(RedissonClient client, Time time, Outcomes outcomes) {
    this.client = client;
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
      if (batch.calls.stream().allMatch(Call::isDone)) {
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

  private static BatchOptions atMostOnce(long timeoutMillis) {
    return BatchOptions.defaults()
        .retryAttempts(0) // by default Redisson sends an unanswered batch again
        .responseTimeout(timeoutMillis, TimeUnit.MILLISECONDS);
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

    void send() {
      underWay.add(this);
      outcomes.batchSent(calls.size());
      var ends = new ArrayList<CompletableFuture<?>>(1);
      try {
        long timeoutMillis = responseTimeoutMillis();
        var batch = client.createBatch(atMostOnce(timeoutMillis));
        boolean batched = false;
        for (Call<?> call : calls) {
          var reply = call.travelsAlone() ? call.send(client, timeoutMillis) : call.addTo(batch);
          var end = reply.whenComplete((value, failure) -> ended(call, value, failure));
          if (call.travelsAlone()) {
            ends.add(end.toCompletableFuture());
          } else {
            batched = true;
          }
        }
        if (batched) {
          ends.add(batch.executeAsync().toCompletableFuture());
        }
      } catch (RuntimeException e) {
        left(e);
        return;
      }
      CompletableFuture.allOf(ends.toArray(CompletableFuture<?>[]::new))
          .whenComplete((done, failure) -> left(failure));
    }

    void releaseLane() {
      if (laneReleased.compareAndSet(false, true)) {
        freeLanes.incrementAndGet();
        drain();
      }
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
      outcomes.failed(kind);
      call.fail(kind, String.valueOf(cause.getMessage()), cause);
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

    private long responseTimeoutMillis() {
      long now = time.nanoTime();
      long longest = 0;
      for (Call<?> call : calls) {
        longest = Math.max(longest, call.deadlineNanos - now);
      }
      return TimeUnit.NANOSECONDS.toMillis(longest) + GRACE_MILLIS;
    }
  }
}
