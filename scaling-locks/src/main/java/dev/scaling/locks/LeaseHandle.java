package dev.scaling.locks;

import dev.scaling.core.internal.Checks;

/**
 * A lease out of hand: what another thread or process needs to go on with it. Whoever has it can,
 * so treat it as a secret.
 *
 * @param lock the lock's name
 * @param attempt the attempt that has it, 1 to 128 characters of those that a handle is made of
 * @param fencingToken its fencing token, positive
 */
public record LeaseHandle(String lock, String attempt, long fencingToken) {

  /** Checks the parts: a handle may have come from elsewhere. */
  public LeaseHandle {
    Engine.checkLock(lock);
    Checks.notNull(attempt, "attempt");
    Checks.argument(
        attempt.matches("[A-Za-z0-9._~-]{1,128}:[0-9a-z]{1,16}"), "attempt is malformed: %s", "?");
    Checks.range("fencingToken", fencingToken, 1, 1L << 53);
  }

  @Override
  public String toString() {
    return "LeaseHandle[" + fencingToken + "]";
  }
}
