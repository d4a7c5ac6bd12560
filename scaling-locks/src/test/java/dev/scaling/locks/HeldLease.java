package dev.scaling.locks;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A lease as its client saw it, held to its own word. */
final class HeldLease {

  final String lock;
  final int process;
  final boolean reads;
  final long fencingToken;
  final long asked;
  final long acquired;
  private long lastValid = Long.MIN_VALUE;
  private long deadline = Long.MAX_VALUE; // what it said, unless it is extended
  private boolean isExtending;
  private boolean isOver;
  private @Nullable HistoryEvent read;

  HeldLease(HistoryEvent asked, HistoryEvent acquired) {
    lock = acquired.lock();
    process = acquired.process();
    reads = asked.kind() == HistoryEvent.Kind.ASKED_TO_READ;
    fencingToken = acquired.fencingToken();
    this.asked = asked.nanos();
    this.acquired = acquired.nanos();
  }

  /** Takes the next thing that its client saw, and adds what must not be. */
  void see(HistoryEvent event, List<String> violations) {
    switch (event.kind()) {
      case VALID -> seeValid(event, violations);
      case INVALID -> isOver = true;
      case EXTENDING -> {
        isExtending = true;
        deadline = Long.MAX_VALUE;
      }
      case EXTENDED -> isExtending = false;
      case READ -> seeRead(event, violations);
      default -> {}
    }
  }

  /** Returns whether it was ever seen to be valid. */
  boolean wasValid() {
    return lastValid >= acquired;
  }

  /** Returns when it was surely valid still; it was so from when it was acquired on. */
  long lastValid() {
    return lastValid;
  }

  /** Returns whether it was seen to have ended before it was given back. */
  boolean isOver() {
    return isOver;
  }

  @Override
  public String toString() {
    return (reads ? "reader's lease " : "lease ") + fencingToken + " of " + lock + " in process "
        + process + ", asked for at " + asked + ", acquired at " + acquired + ", valid until "
        + lastValid;
  }

  /** No writer comes between what one reader reads, or the register refuses one of the two. */
  private void seeRead(HistoryEvent event, List<String> violations) {
    if (read != null && read.number() != event.number()) {
      violations.add("changed under a reader: " + read + "; " + event);
    }
    read = event;
  }

  private void seeValid(HistoryEvent event, List<String> violations) {
    if (isOver) {
      violations.add("valid again after it was not: " + event);
    }
    if (event.nanos() > deadline) {
      violations.add("valid after its deadline " + deadline + ": " + event);
    }
    lastValid = event.nanos();
    if (!isExtending) {
      deadline = Math.min(deadline, event.nanos() + event.number());
    }
  }
}
