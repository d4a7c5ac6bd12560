package dev.scaling.concurrency.semaphore;

import java.time.Duration;

/**
 * How long an instance may hand permits on among its own callers while others wait: so many times
 * or so long, whichever ends first. Then a permit goes back. Not safe for use by many threads.
 */
final class Turn {

  static final int HAND_OFFS = 16;
  static final Duration LONGEST = Duration.ofMillis(100);

  private boolean contended;
  private long beganNanos;
  private int handOffs;

  void hear(boolean contended, long nowNanos) {
    if (contended && !this.contended) {
      begin(nowNanos);
    }
    this.contended = contended;
  }

  void begin(long nowNanos) {
    beganNanos = nowNanos;
    handOffs = 0;
  }

  void handedOn() {
    handOffs++;
  }

  boolean isContended() {
    return contended;
  }

  boolean isOver(long nowNanos) {
    return contended && (handOffs >= HAND_OFFS || nowNanos - beganNanos >= LONGEST.toNanos());
  }
}
