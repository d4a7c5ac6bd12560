package dev.scaling.locks;

/**
 * One lock on a node of a simulation, which does what the scripts do; {@link ScriptsIT} compares
 * the two. Without clocks: who plays it lets leases end.
 */
final class ModelNode {

  static final long NOT_HELD = -1;

  /** What a node gets wrong, so that checks can be seen to notice. */
  enum Broken {
    NOTHING,
    /** It raises its counter for whoever asks. */
    RAISES_FOR_ANYBODY,
    /** It says that it has raised its counter though it was beyond that. */
    RAISES_WITHOUT_LOOKING,
    /** It makes its counter greater by one, for however many leases a grant is good. */
    RESERVES_NOTHING
  }

  private final Broken broken;
  private String owner = "";
  private boolean ended; // the owner's lease
  private String released = "";
  private long counter; // NOT_HELD if it is not known any more
  private long high;
  private long base;
  private boolean member = true;

  ModelNode(Broken broken, long counter) {
    this.broken = broken;
    this.counter = counter;
    high = counter;
  }

  /**
   * Returns the counter of a grant, or {@link #NOT_HELD}.
   *
   * @param tokens for how many leases it is good
   */
  long acquire(String attempt, long hint, long tokens) {
    if (!member) {
      return NOT_HELD;
    }
    if (!owner.equals(attempt) && isFree()) {
      owner = attempt;
      counter = Math.max(Math.max(known(), base), hint)
          + (broken == Broken.RESERVES_NOTHING ? 1 : tokens);
      high = Math.max(high, counter);
      ended = false;
    }
    ended &= !owner.equals(attempt);
    return owner.equals(attempt) ? counter : NOT_HELD;
  }

  /** Returns the counter afterwards, or {@link #NOT_HELD}. */
  long extend(String attempt, long token, boolean mayRepair) {
    if (!member) {
      return NOT_HELD;
    }
    boolean isOwner = owner.equals(attempt);
    boolean isLeft = mayRepair && isFree() && known() <= token && !released.equals(attempt);
    if (broken == Broken.RAISES_FOR_ANYBODY) {
      counter = Math.max(known(), token);
      return counter;
    }
    if (!isOwner && !isLeft) {
      return NOT_HELD;
    }
    owner = attempt;
    ended = false;
    counter = Math.max(known(), token);
    high = Math.max(high, counter);
    return broken == Broken.RAISES_WITHOUT_LOOKING ? token : counter;
  }

  void release(String attempt) {
    if (owner.equals(attempt)) {
      owner = "";
      released = attempt;
    }
  }

  /** The lease ends, early or late. */
  void expire() {
    ended = true;
  }

  /** Nobody has used the lock for long. */
  void forget() {
    if (isFree()) {
      owner = "";
      released = "";
      counter = NOT_HELD;
    }
  }

  /** The server starts again with nothing. */
  void loseMemory(boolean isNoticed) {
    owner = "";
    released = "";
    counter = NOT_HELD;
    high = 0;
    base = 0;
    member = !isNoticed;
  }

  void admit(long from) {
    member = true;
    base = from;
    high = from;
  }

  boolean isFree() {
    return owner.isEmpty() || ended;
  }

  private long known() {
    return counter == NOT_HELD ? high : counter;
  }

  boolean isMember() {
    return member;
  }

  long high() {
    return high;
  }

  String owner() {
    return owner;
  }

  long counter() {
    return counter;
  }
}
