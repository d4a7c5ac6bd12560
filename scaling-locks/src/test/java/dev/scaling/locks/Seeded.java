package dev.scaling.locks;

/** A mistake that a simulation is told to make, so that its judge can be seen to notice. */
enum Seeded {
  NOTHING,
  /** A lease counts as valid until somebody says that it is lost. */
  NO_VALIDITY_CHECK,
  /** A lease counts from when a node's confirmation came, not from before the call. */
  STOPWATCH_AT_COMPLETION(12),
  /** A late reply to an earlier renewal counts for the one under way. */
  LATE_REPLY_COUNTED(819),
  /** A node extends whatever lease it has for whoever asks. */
  EXTENDS_FOR_ANYBODY,
  /** A node takes a lock back from whoever asks. */
  RELEASES_FOR_ANYBODY,
  /** A node that has lost its memory goes on as if it had not. */
  NO_MARK,
  /** The greatest counter of a quorum is the token, confirmed by nobody. */
  NAIVE_TOKEN,
  /** A node takes the time from who asks for a permit, as a semaphore with clients' clocks does. */
  CLIENT_CLOCK,
  /** A node lets readers in though a writer has the lock. */
  READERS_BESIDE_WRITER,
  /** A node lets a writer in though readers have the lock. */
  WRITER_BESIDE_READERS,
  /** A reader that gets a lock from a writer whose lease has ended leaves the writer there. */
  READERS_LEAVE_WRITER(242),
  /** A grant makes the counter greater by one, for however many leases it is good. */
  TOKENS_NOT_RESERVED,
  /** A lease is handed on within an instance more often than it may be. */
  HANDED_ON_TOO_OFTEN(8),
  /** A lease is handed on within an instance for longer than it may be. */
  HANDED_ON_TOO_LONG;

  /** The seed of a history in which it shows, so far; the search begins there. */
  final int seed;

  Seeded() {
    this(0);
  }

  Seeded(int seed) {
    this.seed = seed;
  }
}
