package dev.scaling.locks;

/** What became of giving a lock back. */
public enum ReleaseOutcome {
  /** A quorum of nodes still had the lock for the lease, and has it no more. */
  RELEASED,

  /** The lease had ended before; somebody else may have had the lock since. */
  LOST,

  /** It was released or detached before. */
  NOT_HELD,

  /** Too few nodes answered to know. What they have ends with the lease. */
  UNKNOWN
}
