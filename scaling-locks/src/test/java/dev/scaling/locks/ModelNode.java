package dev.scaling.locks;

import java.util.HashSet;
import java.util.Set;

/**
 * One lock on a node of a simulation, which does what the scripts do; {@link ScriptsIT} compares
 * the two. Without clocks: who plays it lets leases end.
 */
final class ModelNode {

  static final long NOT_HELD = -1;

  private static final String READERS = "readers";

  /** What a node gets wrong, so that checks can be seen to notice. */
  enum Broken {
    NOTHING,
    /** It raises its counter for whoever asks. */
    RAISES_FOR_ANYBODY,
    /** It says that it has raised its counter though it was beyond that. */
    RAISES_WITHOUT_LOOKING,
    /** Its counter is no greater for the first reader after a writer. */
    READERS_ADD_NOTHING,
    /** A reader that gets the lock after a writer leaves the writer there. */
    READERS_LEAVE_WRITER,
    /** A reader joins those that it knew of before it lost its memory. */
    READERS_JOIN_OLD_ONES,
    /** It makes its counter greater by one, for however many leases a grant is good. */
    RESERVES_NOTHING
  }

  private final Broken broken;
  private String owner = "";
  private String before = ""; // the first reader
  private final Set<String> readers = new HashSet<>();
  private final Set<String> living = new HashSet<>(); // of the readers
  private boolean ended; // the owner's lease
  private String released = "";
  private long counter; // NOT_HELD if it is not known any more
  private long high;
  private long base;
  private boolean member = true;
  private Copy copy = new Copy("", Set.of(), NOT_HELD);

  ModelNode(Broken broken, long counter) {
    this.broken = broken;
    this.counter = counter;
    high = counter;
  }

  /**
   * Returns the counter of a grant, or {@link #NOT_HELD}.
   *
   * @param tokens for how many leases a writer's is good
   */
  long acquire(String attempt, long hint, boolean reads, long tokens) {
    if (!member) {
      return NOT_HELD;
    }
    if (reads) {
      return read(attempt, hint);
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

  private long read(String attempt, long hint) {
    boolean isRead = owner.equals(READERS);
    if (!isRead && !isFree()) {
      return NOT_HELD;
    }
    if (!isRead || !readers.contains(attempt)) {
      boolean isNew = counter > base || broken == Broken.READERS_JOIN_OLD_ONES;
      boolean joins = isRead && counter != NOT_HELD && isNew;
      if (joins) {
        readers.retainAll(living);
      } else {
        readers.clear();
        living.clear();
        before = owner;
      }
      int more = joins || broken == Broken.READERS_ADD_NOTHING ? 0 : 1;
      counter = Math.max(Math.max(known(), base), hint) + more;
      high = Math.max(high, counter);
      owner = READERS;
    }
    readers.add(attempt);
    living.add(attempt);
    return counter;
  }

  /** Returns the counter afterwards, or {@link #NOT_HELD}. */
  long extend(String attempt, long token, boolean mayRepair, boolean reads) {
    if (!member) {
      return NOT_HELD;
    }
    boolean isLeftThere = broken == Broken.READERS_LEAVE_WRITER && before.equals(attempt);
    if (broken == Broken.RAISES_FOR_ANYBODY || isLeftThere) {
      counter = Math.max(known(), token);
      return counter;
    }
    boolean isLeft =
        mayRepair && !reads && isFree() && known() <= token && !released.equals(attempt);
    if (!isHeld(attempt) && !isLeft) {
      return NOT_HELD;
    }
    if (reads) {
      living.add(attempt);
    } else {
      owner = attempt;
      ended = false;
    }
    counter = Math.max(known(), token);
    high = Math.max(high, counter);
    return broken == Broken.RAISES_WITHOUT_LOOKING ? token : counter;
  }

  void release(String attempt) {
    if (owner.equals(attempt)) {
      owner = "";
      released = attempt;
    } else if (owner.equals(READERS)) {
      readers.remove(attempt);
      living.remove(attempt);
    }
  }

  /** All leases end, early or late. */
  void expire() {
    ended = true;
    living.clear();
  }

  /** Nobody has used the lock for long. */
  void forget() {
    if (isFree()) {
      owner = "";
      released = "";
      counter = NOT_HELD;
    }
  }

  /** Takes a copy of the lock. */
  void save() {
    copy = new Copy(owner, Set.copyOf(readers), counter);
  }

  /** The server starts again with the last copy, whose leases have ended, or with nothing. */
  void loseMemory(boolean isNoticed) {
    owner = copy.owner;
    readers.clear();
    readers.addAll(copy.readers);
    living.clear();
    ended = true;
    released = "";
    counter = copy.counter;
    high = Math.max(0, counter);
    base = 0;
    member = !isNoticed;
  }

  void admit(long from) {
    member = true;
    base = from;
    high = from;
  }

  boolean isFree() {
    return owner.isEmpty() || (owner.equals(READERS) ? living.isEmpty() : ended);
  }

  boolean isHeld(String attempt) {
    return owner.equals(attempt) || (owner.equals(READERS) && readers.contains(attempt));
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

  long counter() {
    return counter;
  }

  private record Copy(String owner, Set<String> readers, long counter) {}
}
