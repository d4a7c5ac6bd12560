package dev.scaling.concurrency.limit;

import dev.scaling.core.Time;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;

/** Knows whether Redis is away, so that only one caller at a time waits to find out. */
final class Outage {

  /*
   * One call without an answer is enough: it has made a caller wait for the whole timeout already. From
   * then on one call in PAUSE tries Redis, half of the pause left to chance so that instances come back
   * one after another, and its answer lets all in again. An error of the server is an answer.
   */

  private static final Duration PAUSE = Duration.ofMillis(100);

  private final Time time;
  private final RandomGenerator random;
  private final AtomicLong nextProbeNanos = new AtomicLong();
  private volatile boolean away;

  Outage(Time time, RandomGenerator random) {
    this.time = time;
    this.random = random;
  }

  /** Returns whether a call may ask Redis. */
  boolean tryEnter() {
    if (!away) {
      return true;
    }
    long due = nextProbeNanos.get();
    long now = time.nanoTime();
    return now - due >= 0 && nextProbeNanos.compareAndSet(due, now + pauseNanos());
  }

  boolean isAway() {
    return away;
  }

  /** Notes an answer, and returns whether it is the first after an outage. */
  boolean answered() {
    if (!away) {
      return false;
    }
    away = false;
    return true;
  }

  /** Notes that a call got no answer, and returns whether that begins an outage. */
  boolean unanswered() {
    nextProbeNanos.set(time.nanoTime() + pauseNanos());
    boolean begins = !away;
    away = true;
    return begins;
  }

  private long pauseNanos() {
    return PAUSE.toNanos() / 2 + random.nextLong(PAUSE.toNanos() / 2 + 1);
  }
}
