package dev.scaling.resilience.shed;

/** How much it matters that a request is served; what matters less is refused first. */
public enum Priority {
  /** What must go through if anything does: health, payments under way, the way to log out. */
  CRITICAL,
  /** What most requests are. */
  NORMAL,
  /** What is missed, but can be done without: recommendations, prefetched pages. */
  DEGRADED,
  /** Work that can be done another time: crawlers, recomputations, reports. */
  BULK;

  /** Returns what is refused next sooner; the last is its own. */
  Priority lower() {
    return this == CRITICAL ? NORMAL : this == NORMAL ? DEGRADED : BULK;
  }
}
