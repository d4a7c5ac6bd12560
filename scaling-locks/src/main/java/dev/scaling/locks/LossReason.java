package dev.scaling.locks;

/** Why a lease ended before it was released. */
public enum LossReason {
  /** Its time ran out: renewals were not answered, or this process stood still. */
  EXPIRED,

  /** A quorum of nodes no longer had the lock for it: somebody took it, or deleted it. */
  TAKEN,

  /** So many nodes lost their memory that no quorum is left that has the lock for it. */
  NODES_LOST,

  /** It was held for as long as {@code maxHold} allows, and was renewed no more. */
  HELD_TOO_LONG,

  /** The lock service was closed. */
  CLOSED
}
