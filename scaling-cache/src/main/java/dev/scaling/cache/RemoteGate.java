package dev.scaling.cache;

import dev.scaling.core.Time;
import dev.scaling.core.redis.RedisCallException;
import dev.scaling.core.redis.RedisCallException.Failure;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** Keeps reads from waiting, each for its own timeout, on a Redis that does not answer. */
final class RemoteGate {

  /*
   * After FAILURES calls in a row without an answer, reads pass Redis by; one of them in PAUSE tries
   * it, and its answer lets all of them in again. An error answer is an answer. Invalidations never
   * ask the gate: a call that is made for the sake of others is always tried.
   */

  private static final int FAILURES = 3;
  private static final Duration PAUSE = Duration.ofMillis(100);

  private final Time time;
  private final AtomicInteger failures = new AtomicInteger();
  private final AtomicLong nextProbeNanos = new AtomicLong();

  RemoteGate(Time time) {
    this.time = time;
  }

  /** Returns whether a read may ask Redis. */
  boolean tryEnter() {
    if (failures.get() < FAILURES) {
      return true;
    }
    long now = time.nanoTime();
    long due = nextProbeNanos.get();
    return now - due >= 0 && nextProbeNanos.compareAndSet(due, now + PAUSE.toNanos());
  }

  void answered() {
    if (failures.get() != 0) {
      failures.set(0);
    }
  }

  void failed(Throwable failure) {
    if (failure instanceof RedisCallException call && call.failure() == Failure.REJECTED) {
      answered();
    } else if (failures.incrementAndGet() == FAILURES) {
      nextProbeNanos.set(time.nanoTime() + PAUSE.toNanos());
    }
  }

  boolean isOpen() {
    return failures.get() < FAILURES;
  }
}
