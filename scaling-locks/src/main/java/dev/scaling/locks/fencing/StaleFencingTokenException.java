package dev.scaling.locks.fencing;

import dev.scaling.core.ScalingException;

/**
 * Says that a fencing token is older than one that a resource has seen: somebody else has had the
 * lock since. To repeat the write is of no use. What was read under the lock is out of date; begin
 * anew, with a new lease.
 *
 * <p>Not a {@code RejectedException}, which invites to call again later. It is rare, and carries a
 * stack trace, which tells which write came too late.
 */
public final class StaleFencingTokenException extends ScalingException {

  private static final long serialVersionUID = 1L;

  private final String guard;
  private final String resource;
  private final long fencingToken;
  private final long greatestSeen;

  StaleFencingTokenException(Fence fence, long greatestSeen) {
    super(
        fence.guard() + ": fencing token " + fence.token() + " is older than " + greatestSeen
            + ", which was seen",
        /* cause= */ null);
    guard = fence.guard();
    resource = fence.resource();
    fencingToken = fence.token();
    this.greatestSeen = greatestSeen;
  }

  /** Returns the name of the guard that refused, or its table if it is one in a database. */
  public String guard() {
    return guard;
  }

  /** Returns what was protected. The message leaves it out: it may be private. */
  public String resource() {
    return resource;
  }

  /** Returns the token that was refused. */
  public long fencingToken() {
    return fencingToken;
  }

  /** Returns the greatest token that the resource has seen. */
  public long greatestSeen() {
    return greatestSeen;
  }
}
