package dev.scaling.concurrency.adaptive;

/** How much it matters that a call is made; who matters less is refused first. */
public enum Priority {
  /** Work that can be done another time: crawlers, recomputations, reports. */
  LOW,
  /** What most calls are. */
  NORMAL,
  /** What a user waits for and has paid for. */
  HIGH,
  /** What must go through if anything does: health, payments under way, the way to log out. */
  CRITICAL
}
