package dev.scaling.resilience;

import dev.scaling.core.Time;
import dev.scaling.core.internal.ComponentLog;
import dev.scaling.core.redis.RedisCallException;
import dev.scaling.core.redis.RedisCallException.Failure;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** When an instance turns to the pool, and with what. */
final class Draws implements AutoCloseable {

  /*
   * Invariant, with p tokens in the pool, s_i in the share of instance i and m_i that it has to spare:
   *
   *   p + sum(s_i) <= burst       since p <= burst - n * share and s_i <= share, whoever crashes or comes
   *
   * and each m_i came in within the last second. A token is taken out of the pool before it is in a share, and
   * out of what is spare before it is in the pool; what gets lost between is lost. So nothing is there twice,
   * and what is spent over a period was there at its beginning, or came in within it or a second before.
   *
   * That needs no leases that end, no list of instances and no heartbeat: an instance that retries once in an
   * hour finds its share as it left it. The price is that at most a half of the burst can go to where it is
   * needed. The idea of "hierarchical token buckets": Elhemali and others, Amazon DynamoDB, USENIX ATC 2022.
   *
   * Only who asks for a retry leads here, and nobody waits for the reply. One call at a time, and not before
   * ASKED retries were asked for since the last, or RARE_NANOS have passed: so calls are a share of retries
   * whatever happens, but for those who rarely retry.
   *
   * After a call without a reply the next ones put nothing in and want nothing, until one is answered. A
   * server that stands still runs later what was sent to it, and each would take tokens that nobody gets.
   */

  static final int ASKED = 25;
  static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  static final long RARE_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final long WORTH_A_CALL = (long) RetryBudget.MICRO;

  private static final String AWAY = "Redis is away";
  private static final String REFUSES = "Redis refuses calls";

  private final Tokens tokens;
  private final Pool pool;
  private final Time time;
  private final ComponentLog log;
  private final AtomicInteger asked = new AtomicInteger(); // since the last call
  private final AtomicBoolean underWay = new AtomicBoolean();
  private final AtomicBoolean closed = new AtomicBoolean();
  private final LongAdder answered = new LongAdder();
  private final LongAdder failed = new LongAdder();
  private volatile long lastNanos;
  private volatile boolean away;

  Draws(Tokens tokens, Pool pool, String name, Time time) {
    this.tokens = tokens;
    this.pool = pool;
    this.time = time;
    log = new ComponentLog(RetryBudget.class, name, time);
    lastNanos = time.nanoTime();
  }

  /** Notes that somebody asked for a retry, and calls Redis if it is time to. Never blocks. */
  void asked() {
    asked.incrementAndGet();
    if (underWay.get() || !isDue() || !isWorthIt() || !underWay.compareAndSet(false, true)) {
      return;
    }
    if (!isDue()) { // another call has come and gone
      underWay.set(false);
      return;
    }
    lastNanos = time.nanoTime();
    asked.set(0);
    boolean isProbe = away;
    long put = isProbe ? 0 : tokens.takeSpare();
    long wanted = isProbe ? 0 : tokens.mostMicros() - tokens.now().micros();
    pool.draw(put, Math.max(0, wanted)).whenComplete((taken, failure) -> {
      if (failure == null) {
        answered(taken);
      } else {
        failed(failure);
      }
      underWay.set(false);
    });
  }

  long answered() {
    return answered.sum();
  }

  long failed() {
    return failed.sum();
  }

  /** Puts all that is here into the pool, if Redis is there, and does not wait for it. */
  @Override
  public void close() {
    if (closed.getAndSet(true) || away) {
      return;
    }
    long left = tokens.takeAll();
    if (left > 0) {
      pool.draw(left, 0);
    }
  }

  private boolean isDue() {
    long passed = time.nanoTime() - lastNanos;
    boolean isOften = passed >= PAUSE_NANOS && asked.get() >= ASKED;
    return (isOften || passed >= RARE_NANOS) && !closed.get();
  }

  private boolean isWorthIt() {
    var now = tokens.now();
    return now.micros() <= tokens.mostMicros() / 2 || now.spare().micros() >= WORTH_A_CALL;
  }

  private void answered(long taken) {
    tokens.draw(taken);
    answered.increment();
    if (away) {
      away = false;
      log.over(AWAY, "Redis is back");
      log.over(REFUSES, "Redis refuses calls no longer");
    }
  }

  private void failed(Throwable failure) {
    away = true;
    failed.increment();
    @Nullable Throwable cause = failure.getCause();
    var known = cause == null ? failure : cause;
    boolean isSilent =
        known instanceof RedisCallException call && call.failure() != Failure.REJECTED;
    log.warn(
        isSilent ? AWAY : REFUSES,
        ", retries are paid from this instance's share alone: " + ComponentLog.reason(known));
  }
}
