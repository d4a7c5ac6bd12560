package dev.scaling.concurrency.semaphore;

/**
 * Fencing tokens that Redis gave this instance for permits that it hands on by itself. They are
 * replaced with each reply, so that a permit which has just come here gets one above all that were
 * given out before. Not safe for use by many threads.
 */
final class FencingTokens {

  private static final long LEAST = 256;
  private static final long MOST = 1 << 20;

  private long next = 1;
  private long last;
  private long given;
  private long drawn;

  boolean isEmpty() {
    return next > last;
  }

  /** Returns whether more should be asked for, so that none has to wait for them. */
  boolean isLow() {
    return last - next < given / 4;
  }

  long draw() {
    drawn++;
    return next++;
  }

  /** Returns how many to ask for: twice what was needed lately. */
  long wanted(int permits) {
    return Math.max(permits, Math.min(MOST, Math.max(LEAST, 2 * drawn)));
  }

  void replace(long last, long given) {
    this.last = last;
    this.given = given;
    next = last - given + 1;
    drawn = 0;
  }
}
